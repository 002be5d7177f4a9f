import { createInflateRaw, deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { handleClassOf, InflateError, type InflateOrder, Inflater } from './inflater.ts'

const text = Buffer.from('some text, and some more text')
const compressed = deflateRawSync(text)

function orderOf(input: Buffer, parts: Partial<InflateOrder> = {}): InflateOrder {
  return { input, output: Buffer.alloc(100), outputStart: 0, stop: 'none', ...parts }
}

let inflater: Inflater
beforeEach(() => {
  inflater = new Inflater()
})
afterEach(() => inflater.close())

describe('Inflater', () => {
  test('is used one step at a time, and not after its end', async () => {
    const order = orderOf(compressed)
    const step = inflater.step(order)
    expect(() => inflater.stepNow(order)).toThrow('at work')
    expect(await step).toEqual({ inputBytes: compressed.length, outputBytes: text.length })
    inflater.close()
    inflater.close()
    expect(() => inflater.stepNow(order)).toThrow('closed')
    expect(() => inflater.step(order)).toThrow('closed')
  })

  test('is not used after it has failed', async () => {
    const damaged = orderOf(Buffer.alloc(10, 0xff))
    const error = await inflater.step(damaged).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(InflateError)
    expect(error).toMatchObject({
      name: 'InflateError',
      message: 'invalid block type',
      code: 'Z_DATA_ERROR',
    })
    const refusal = 'a decompressor that is closed, broken or at work was given a step'
    expect(() => inflater.stepNow(orderOf(compressed))).toThrow(refusal)
    const other = new Inflater()
    expect(() => other.stepNow(damaged)).toThrow(InflateError)
    expect(() => other.step(orderOf(compressed))).toThrow(refusal)
    other.close()
  })

  test.each(['step', 'stepNow'] as const)(
    'writes where it is told to, and says how far it came: %s',
    async (step) => {
      const output = Buffer.alloc(100, '.')
      const first = await inflater[step]({
        input: compressed.subarray(0, 8),
        output: output.subarray(0, 7),
        outputStart: 3,
        stop: 'none',
      })
      expect(first.outputBytes).toBe(4)
      expect(first.inputBytes).toBeLessThanOrEqual(8)
      const input = Buffer.concat([compressed.subarray(first.inputBytes), Buffer.from('after')])
      expect(await inflater[step]({ input, output, outputStart: 7, stop: 'none' })).toEqual({
        inputBytes: compressed.length - first.inputBytes,
        outputBytes: text.length - 4,
      })
      expect(output.toString('latin1', 0, 3 + text.length)).toBe(`...${text}`)
    },
  )

  test('goes on where a window stands before the stream', () => {
    const window = Buffer.from('a text that was inflated before. ')
    const referring = deflateRawSync(window, { dictionary: window })
    const order = orderOf(referring)
    const withWindow = new Inflater(window)
    expect(withWindow.stepNow(order).outputBytes).toBe(window.length)
    expect(order.output.subarray(0, window.length).equals(window)).toBe(true)
    expect(() => inflater.stepNow(orderOf(referring))).toThrow('invalid distance too far back')
    const withNone = new Inflater(Buffer.alloc(0))
    expect(withNone.stepNow(orderOf(compressed)).outputBytes).toBe(text.length)
    withWindow.close()
    withNone.close()
  })

  test('ends a step at a block boundary where it is told to', () => {
    // Two blocks that are stored as they are: a head of five bytes, and the data.
    const blocks = Buffer.concat([
      Buffer.of(0, 3, 0, 0xfc, 0xff),
      Buffer.from('abc'),
      Buffer.of(1, 2, 0, 0xfd, 0xff),
      Buffer.from('de'),
    ])
    expect(inflater.stepNow(orderOf(blocks, { stop: 'block' }))).toEqual({ inputBytes: 8, outputBytes: 3 })
    const other = new Inflater()
    expect(other.stepNow(orderOf(blocks))).toEqual({ inputBytes: 15, outputBytes: 5 })
    other.close()
  })

  test('takes it for an error that the stream goes on where no more will come, and only there', () => {
    const cut = compressed.subarray(0, -1)
    expect(inflater.stepNow(orderOf(cut)).inputBytes).toBe(cut.length)
    expect(() => inflater.stepNow(orderOf(Buffer.alloc(0), { stop: 'input-is-all' }))).toThrow(
      expect.objectContaining({ code: 'Z_BUF_ERROR', message: 'unexpected end of file' }),
    )
    const other = new Inflater()
    expect(other.stepNow(orderOf(compressed, { stop: 'input-is-all' })).outputBytes).toBe(text.length)
    other.close()
  })
})

describe('handleClassOf', () => {
  class Handle {
    init(): void {}
    write(): void {}
    writeSync(): void {}
    close(): void {}
  }

  test('is what stands behind the streams of a Node that is known', () => {
    expect(handleClassOf({ _handle: new Handle() }, '20.1.2')).toBe(Handle)
    expect(handleClassOf({ _handle: new Handle() }, '22.0.0')).toBe(Handle)
    expect(handleClassOf({ _handle: new Handle() }, '24.11.0')).toBe(Handle)
    const stream = createInflateRaw()
    expect(handleClassOf(stream, '20.0.0')).toBeTypeOf('function')
    stream.destroy()
  })

  test('is not asked for in a Node that nobody has tried', () => {
    for (const version of ['19.0.0', '21.7.3', '25.0.0', '2.0.0', '200.0.0', ''])
      expect(handleClassOf({ _handle: new Handle() }, version)).toBe(null)
  })

  test.each(['init', 'write', 'writeSync', 'close'])('is not what has no %s', (name) => {
    const handle = Object.assign(new Handle(), { [name]: undefined })
    expect(handleClassOf({ _handle: handle }, '20.0.0')).toBe(null)
    const other = Object.assign(new Handle(), { [name]: 'a text' })
    expect(handleClassOf({ _handle: other }, '20.0.0')).toBe(null)
  })

  test.each([undefined, null, 'a text', 1])('is nothing where a stream has %s in its place', (handle) => {
    expect(handleClassOf({ _handle: handle }, '20.0.0')).toBe(null)
    expect(handleClassOf({}, '20.0.0')).toBe(null)
  })
})
