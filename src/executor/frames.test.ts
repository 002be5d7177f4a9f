import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyPoint } from '../../test/fixtures/keys-and-values.ts'
import { encodeFrame, FrameParser, readFrames } from './frames.ts'

const anyMessage = fc.dictionary(
  fc.string({ unit: anyPoint, maxLength: 10 }),
  fc.jsonValue({ maxDepth: 3 }),
  {
    maxKeys: 6,
  },
)

/** The bytes cut at these places, in order; empty pieces among them. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b)
  return [...sorted, bytes.length].map((end, index) => bytes.subarray(sorted[index - 1] ?? 0, end))
}

function parseAll(chunks: readonly Buffer[]): unknown[] {
  const parser = new FrameParser()
  return chunks.flatMap((chunk) => parser.push(chunk))
}

/** As the message arrives, with JSON's own losses. */
function received(message: object): unknown {
  return JSON.parse(JSON.stringify(message))
}

const head = (length: number): Buffer => {
  const bytes = Buffer.alloc(5, 0xff)
  bytes.writeUInt32LE(length, 1)
  return bytes
}

describe('FrameParser', () => {
  it('gives back every message whole and in order, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(anyMessage, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (messages, places) => {
          const bytes = Buffer.concat(messages.map(encodeFrame))
          expect(parseAll(cutAt(bytes, places))).toEqual(messages.map(received))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('gives back messages that arrive byte by byte', () => {
    const messages = [{ type: 'stop' }, {}, { text: 'é東🙂\u0000\ud800', list: [1, null, true] }]
    const bytes = Buffer.concat(messages.map(encodeFrame))
    expect(parseAll(cutAt(bytes, [...bytes.keys()]))).toEqual(messages.map(received))
  })

  it('gives back a message of many megabytes between short ones', () => {
    const long = { text: 'é'.repeat(4_000_000) }
    const bytes = Buffer.concat([{ a: 1 }, long, { b: 2 }].map(encodeFrame))
    const chunks: Buffer[] = []
    for (let at = 0; at < bytes.length; at += 65_536) chunks.push(bytes.subarray(at, at + 65_536))
    expect(parseAll(chunks)).toEqual([{ a: 1 }, long, { b: 2 }])
  })

  it('shows bigints as text', () => {
    expect(parseAll([encodeFrame({ params: { id: 2n ** 64n } })])).toEqual([
      { params: { id: '18446744073709551616' } },
    ])
  })

  it.each([
    ['a text', Buffer.from('ContainerHello\n')],
    ['a text that begins as names of messages do', Buffer.from('T\n\n\n\n')],
    ['zeros', Buffer.alloc(5)],
    ['a length of four gigabytes', head(0xffffffff)],
    ['a length just over the bound', head(256 * 2 ** 20 + 1)],
    ['no JSON', Buffer.concat([head(2), Buffer.from('{]')])],
    ['no bytes of JSON', head(0)],
    ['JSON that goes on', Buffer.concat([head(4), Buffer.from('{}{}')])],
  ])('throws protocol-broken for %s, alone and after a message', (_what, garbage) => {
    const broken = expect.objectContaining({ code: 'protocol-broken' })
    expect(() => parseAll([garbage])).toThrow(broken)
    expect(() => parseAll([Buffer.concat([encodeFrame({ a: 1 }), garbage])])).toThrow(broken)
    expect(() => parseAll(cutAt(garbage, [...garbage.keys()]))).toThrow(broken)
  })

  it('throws protocol-broken for any text, as soon as it is as long as a head', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyPoint, minLength: 5, maxLength: 30 }), (text) => {
        expect(() => parseAll([Buffer.from(text)])).toThrow(
          expect.objectContaining({ code: 'protocol-broken' }),
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('shows the beginning of what it could not read', () => {
    expect(() => parseAll([Buffer.from('console.log is elsewhere\n')])).toThrow(
      'What came over it is no message: "console.log is elsewhere\\n".',
    )
  })
})

describe('readFrames', () => {
  function listen() {
    const stream = new PassThrough()
    const heard: unknown[] = []
    const garbage: unknown[] = []
    readFrames(
      stream,
      (message) => heard.push(message),
      (error) => garbage.push(error),
    )
    return { stream, heard, garbage }
  }

  it('calls back for each message', async () => {
    const { stream, heard, garbage } = listen()
    stream.end(Buffer.concat([encodeFrame({ a: 1 }), encodeFrame({ b: 2 })]))
    await new Promise((resolve) => stream.once('close', resolve))
    expect(heard).toEqual([{ a: 1 }, { b: 2 }])
    expect(garbage).toEqual([])
  })

  it('calls back once for garbage, and reads no more', async () => {
    const { stream, heard, garbage } = listen()
    stream.write(encodeFrame({ a: 1 }))
    await new Promise(setImmediate)
    stream.write('What is this?')
    stream.write('And this?')
    stream.write(encodeFrame({ b: 2 }))
    await new Promise((resolve) => stream.once('close', resolve))
    expect(heard).toEqual([{ a: 1 }])
    expect(garbage).toMatchObject([{ code: 'protocol-broken' }])
  })
})
