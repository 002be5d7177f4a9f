/** Results are the same whichever way they come: here it is seen that lines take the fast one, by what is called how often. */
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Decoder, RecordUse } from '../../job/index.ts'
import { jsonl } from '../decode/jsonl.ts'
import { type Kernel, kernelOfThread } from './kernel.ts'
import { LazyDecoder } from './lazy-decoder.ts'
import { Projection } from './projection.ts'
import { ViewMakers } from './record-view.ts'
import { TextLines } from './text-lines.ts'

function requireKernel(): Kernel {
  const kernel = kernelOfThread()
  if (kernel === null) throw new Error('there is no kernel')
  return kernel
}

/** Notes calls of a kernel's method until the test is over. */
function callsOf(
  kernel: Kernel,
  name: 'latin1' | 'utf8' | 'unescaped' | 'scanLine' | 'scanLines',
): unknown[] {
  const calls: unknown[] = []
  const method = kernel[name].bind(kernel) as (...args: never[]) => unknown
  Object.defineProperty(kernel, name, {
    configurable: true,
    value: (...args: never[]) => {
      calls.push(args)
      return method(...args)
    },
  })
  onTestFinished(() => {
    Reflect.deleteProperty(kernel, name)
  })
  return calls
}

/** A lazy decoder, and what it leaves to the one of whole records. */
function makeLazy(use: RecordUse | null): {
  lazy: LazyDecoder<unknown>
  left: string[]
  projection: Projection
} {
  const left: string[] = []
  const plain = jsonl({ lazy: false }).decoder()
  const whole: Decoder<unknown> = {
    decode: (bytes, start, end) => {
      left.push(bytes.toString('utf8', start, end))
      return plain.decode(bytes, start, end)
    },
  }
  const projection = new Projection()
  const views = use === null ? null : new ViewMakers(projection).makerFor(use.reads)
  return {
    lazy: new LazyDecoder(whole, requireKernel(), projection, views, use?.mayReadLater),
    left,
    projection,
  }
}

/** Decodes the lines of a chunk, each before the next one's end is asked for, and gives each record to `read`. */
function decodeAll(lazy: Decoder<unknown>, chunk: Buffer, read: (record: unknown) => unknown): unknown[] {
  lazy.enterChunk?.(chunk)
  const all: unknown[] = []
  for (let start = 0; start < chunk.length; ) {
    const newline = lazy.lineEnd?.(start) ?? -1
    if (newline === -1) break
    const end = chunk[newline - 1] === 0x0d ? newline - 1 : newline
    all.push(read(lazy.decode(chunk, start, end)))
    start = newline + 1
  }
  return all
}

interface Line {
  readonly id: unknown
  readonly text: string
}
const idAndText: RecordUse = {
  reads: new Map([
    ['id', null],
    ['text', null],
  ]),
  mayReadLater: false,
}
const read = (record: unknown): unknown => {
  const { id, text } = record as Line
  return [id, text]
}

describe('lazy records of one form', () => {
  const count = 3000
  const texts = [
    'plain and longer than what is kept',
    'short',
    'größer als ein kurzer',
    'with "quotes" and\na line',
  ]
  const lineOf = (number: number): string =>
    JSON.stringify({ before: [number], id: number, text: texts[number % 4], after: { id: 'no' } })
  const expected = Array.from({ length: count }, (_, number) => [number, texts[number % 4]])

  test.each([
    ['\n', idAndText],
    ['\r\n', idAndText],
    ['\n', null],
    ['\r\n', null],
  ] as const)('are scanned many at a time, and none is decoded as a whole: ended by %j', (end, use) => {
    const { lazy, left } = makeLazy(use)
    const kernel = requireKernel()
    const [single, many] = [callsOf(kernel, 'scanLine'), callsOf(kernel, 'scanLines')]
    const chunk = Buffer.from(Array.from({ length: count }, (_, number) => lineOf(number) + end).join(''))
    expect(decodeAll(lazy, chunk, read)).toEqual(expected)
    // What a proxy learns of its first records makes those whole.
    expect(left.length).toBeLessThanOrEqual(use === null ? 2 : 0)
    expect(single).toEqual([])
    // 4 lines, then twice as many each time, to 512; twice more from 4 on where names were learnt.
    expect(many.length).toBeLessThanOrEqual(use === null ? 17 : 13)
    // And so in the next chunk, which begins with as many as the last one ended with.
    const scannedBefore = many.length
    const leftBefore = left.length
    expect(decodeAll(lazy, Buffer.from(chunk), read)).toEqual(expected)
    expect(many.length - scannedBefore).toBe(Math.ceil(count / 512))
    expect(left.length).toBe(leftBefore)
    expect(lazy.leaveChunk()).toBe(use !== null)
  })

  test('are scanned alone where they come alone, as across chunks', () => {
    const { lazy, left } = makeLazy(idAndText)
    const kernel = requireKernel()
    const single = callsOf(kernel, 'scanLine')
    const line = lineOf(1)
    const chunk = Buffer.from(line)
    lazy.enterChunk(chunk)
    expect(lazy.lineEnd(0)).toBe(-1)
    expect(read(lazy.decode(chunk, 0, chunk.length))).toEqual([1, 'short'])
    expect(single).toHaveLength(1)
    expect(left).toEqual([])
    // Of another buffer the kernel knows nothing.
    const tail = Buffer.from(`.${line}`)
    expect(read(lazy.decode(tail, 1, tail.length))).toEqual([1, 'short'])
    expect(single).toHaveLength(1)
    expect(left).toEqual([line])
    // What begins as no object does is not looked at.
    lazy.enterChunk(Buffer.from('[1]'))
    const list = Buffer.from('[1]')
    lazy.enterChunk(list)
    expect(lazy.decode(list, 0, 3)).toEqual([1])
    expect(single).toHaveLength(1)
  })

  test('leave to the other decoder what is no object, and are scanned on behind it', () => {
    const { lazy, left } = makeLazy(idAndText)
    const many = callsOf(requireKernel(), 'scanLines')
    const others = ['[1]', '"x"', '17']
    const lines = Array.from({ length: 600 }, (_, number) =>
      number % 200 === 100 ? others[Math.floor(number / 200)] : lineOf(number),
    )
    const all = decodeAll(lazy, Buffer.from(`${lines.join('\n')}\n`), (record) =>
      record instanceof Object && !Array.isArray(record) ? read(record) : record,
    )
    expect(left).toEqual(others)
    expect(all[100]).toEqual([1])
    expect(all[101]).toEqual(expected[101])
    expect(all).toHaveLength(600)
    expect(many.length).toBeLessThan(12)
  })

  test('are plain ones once a projection is given up, whose lines are found without the kernel', () => {
    const { lazy, left, projection } = makeLazy(null)
    const many = callsOf(requireKernel(), 'scanLines')
    projection.giveUp()
    const chunk = Buffer.from(`${lineOf(1)}\n${lineOf(2)}\n`)
    expect(decodeAll(lazy, chunk, read)).toEqual([expected[1], expected[2]])
    expect(left).toHaveLength(2)
    expect(many).toEqual([])
  })
})

describe('values of lazy records', () => {
  /** Reads `a` of the second of two lines, and what was left to the other decoder for it. */
  function readA(
    json: string,
    use: RecordUse | null = { reads: new Map([['a', null]]), mayReadLater: false },
  ) {
    const { lazy, left } = makeLazy(use)
    const chunk = Buffer.from(`{"a":0}\n{"b":"x","a":${json}}\n`)
    const [, value] = decodeAll(lazy, chunk, (record) => (record as { a: unknown }).a)
    return { value, left: use === null ? left.slice(1) : left }
  }

  test.each<[string, unknown]>([
    ['0', 0],
    ['7', 7],
    ['1234567', 1234567],
    ['999999999999999', 999999999999999],
    ['-0', -0],
    ['-123456789012', -123456789012],
    ['1.5', 1.5],
    ['9.75e3', 9750],
    ['1E+2', 100],
    ['109876543210', 109876543210],
    ['true', true],
    ['false', false],
    ['null', null],
    ['"a short one"', 'a short one'],
    [
      '"one that is longer than what is kept of short ones"',
      'one that is longer than what is kept of short ones',
    ],
    ['"größer"', 'größer'],
    ['"\\u00e9\\ud83d\\ude00\\n"', 'é😀\n'],
    [JSON.stringify(`"${'x'.repeat(16_000)}`), `"${'x'.repeat(16_000)}`],
    [JSON.stringify(`"${'é'.repeat(8000)}`), `"${'é'.repeat(8000)}`],
    [JSON.stringify(`"${'x'.repeat(16_381)}"`), `"${'x'.repeat(16_381)}"`],
    [JSON.stringify(`"${'x'.repeat(16_383)}"`), `"${'x'.repeat(16_383)}"`],
    [JSON.stringify(`ä"${'x'.repeat(40_000)}"`), `ä"${'x'.repeat(40_000)}"`],
  ])('are decoded where they lie: %.40s', (json, value) => {
    for (const use of [undefined, null]) {
      const { value: found, left } = readA(json, use)
      expect(found).toBe(value)
      expect(left).toEqual([])
    }
  })

  test.each<[string, unknown]>([
    ['1234567890123456', 1234567890123456],
    ['12345678901234567890', 12345678901234567890n],
    ['-12345678901234567890', -12345678901234567890n],
    ['[1,2]', [1, 2]],
  ])('are left to the other decoder alone: %s', (json, value) => {
    for (const use of [undefined, null]) {
      const { value: found, left } = readA(json, use)
      expect(found).toEqual(value)
      expect(left).toEqual([json])
    }
  })

  test('that are not there are undefined, or what all objects have', () => {
    const names = ['absent', 'toString', 'constructor'] as const
    for (const use of [{ reads: new Map(names.map((name) => [name, null])), mayReadLater: false }, null]) {
      const { lazy, left } = makeLazy(use)
      const values = decodeAll(lazy, Buffer.from('{"a":1}\n{"a":2}\n'), (record) =>
        names.map((name) => (record as Readonly<Record<string, unknown>>)[name]),
      )
      expect(values[1]).toEqual([undefined, Object.prototype.toString, Object])
      // A getter that all objects were given is to see no view: the record is decoded for what they inherit.
      expect(left).toHaveLength(use === null ? 1 : 2)
    }
  })
})

describe('short strings', () => {
  test('are one string each time from the second time on, and stay what they are when there are more than are kept', () => {
    const kernel = requireKernel()
    const { lazy, left } = makeLazy(idAndText)
    const decoded = callsOf(kernel, 'latin1')
    // 20,000 of them, where there is room for 8,192; each three times in a row.
    const count = 20_000
    for (let first = 0; first < count; first += 2000) {
      const texts = Array.from({ length: 6000 }, (_, number) => `t${first + Math.floor(number / 3)}`)
      const chunk = Buffer.from(texts.map((text, id) => `{"id":${id},"text":"${text}"}\n`).join(''))
      const found = decodeAll(lazy, chunk, (record) => (record as Line).text)
      expect(found).toEqual(texts)
    }
    expect(left).toEqual([])
    // Most are from the kernel's own list: of three reads one at most is from the line.
    expect(decoded.length).toBeLessThan(count)
  })
})

describe('the chunk of lazy records', () => {
  test('is left when nothing of it may be read later; what is read nevertheless is an error that says what to do', () => {
    const chunk = Buffer.from('{"id":"a string that is no short one","text":{"x":1}}\n')
    const { lazy } = makeLazy(idAndText)
    lazy.enterChunk(chunk)
    const record = lazy.decode(chunk, 0, lazy.lineEnd(0)) as Line
    expect(lazy.leaveChunk()).toBe(true)
    expect(() => record.id).toThrow(
      expect.objectContaining({
        code: 'job-threw',
        message: 'A record was read after its map had returned, and its line is gone.',
        wayOut:
          'Read what you need of a record while it is mapped, or return a promise of all that its map has begun.',
      }),
    )
  })

  test('is kept where something was handed out that needs it, until the next chunk', () => {
    const chunk = Buffer.from('{"id":1,"text":{"x":1}}\n')
    const { lazy } = makeLazy(idAndText)
    lazy.enterChunk(chunk)
    const { text } = lazy.decode(chunk, 0, lazy.lineEnd(0)) as { text: unknown }
    expect(lazy.leaveChunk()).toBe(false)
    expect(text).toEqual({ x: 1 })
    lazy.enterChunk(Buffer.from(chunk))
    expect(lazy.leaveChunk()).toBe(true)
  })

  test('is kept for a map that may read later', () => {
    const { lazy } = makeLazy({ ...idAndText, mayReadLater: true })
    lazy.enterChunk(Buffer.from('{}\n'))
    expect(lazy.leaveChunk()).toBe(false)
    const { lazy: proxies } = makeLazy(null)
    proxies.enterChunk(Buffer.from('{}\n'))
    expect(proxies.leaveChunk()).toBe(false)
  })
})

describe('makers of views', () => {
  test('are one for the same reads, and others for others', () => {
    const makers = new ViewMakers(new Projection())
    const reads = (
      ...entries: readonly (readonly [string, RecordUse['reads'] | null])[]
    ): RecordUse['reads'] => new Map(entries)
    const flat = makers.makerFor(reads(['a', null], ['b', null]))
    expect(flat).not.toBeNull()
    expect(makers.makerFor(reads(['a', null], ['b', null]))).toBe(flat)
    const others = [
      reads(['a', null]),
      reads(['b', null]),
      reads(['a', null], ['b', reads()]),
      reads(['a', null], ['b', reads(['c', null])]),
      reads(['a', null], ['b', reads(['d', null])]),
    ].map((one) => makers.makerFor(one))
    expect(new Set([flat, ...others]).size).toBe(6)
  })
})

describe('lines of text', () => {
  const lines = [
    'only ASCII',
    '',
    'größer',
    '오',
    'ASCII again, and longer than what is looked at together: '.repeat(3),
  ]

  test('are decoded from where the kernel has just read them', () => {
    const kernel = requireKernel()
    const decoder = new TextLines(kernel)
    const [narrow, wide] = [callsOf(kernel, 'latin1'), callsOf(kernel, 'utf8')]
    for (const end of ['\n', '\r\n']) {
      narrow.length = 0
      wide.length = 0
      const chunk = Buffer.from(Array.from({ length: 600 }, () => lines.join(end) + end).join(''))
      const before = kernel.filling
      expect(decodeAll(decoder, chunk, (line) => line)).toEqual(
        Array.from({ length: 600 }, () => lines).flat(),
      )
      expect(narrow).toHaveLength(1800)
      expect(wide).toHaveLength(1200)
      // 1,024 lines a look.
      expect(kernel.filling - before).toBe(3)
      expect(decoder.leaveChunk()).toBe(true)
    }
  })

  test('are decoded by themselves where the kernel has read something else since, or another chunk', () => {
    const kernel = requireKernel()
    const decoder = new TextLines(kernel)
    const narrow = callsOf(kernel, 'latin1')
    const chunk = Buffer.from('one\ntwo\n')
    decoder.enterChunk(chunk)
    expect(decoder.lineEnd(0)).toBe(3)
    kernel.textLines(Buffer.from('three\nfour\n'), 0, 2)
    expect(decoder.decode(chunk, 0, 3)).toBe('one')
    expect(decoder.lineEnd(4)).toBe(7)
    const other = Buffer.from('....six')
    expect(decoder.decode(other, 4, 7)).toBe('six')
    expect(narrow).toEqual([])
    expect(decoder.decode(chunk, 4, 7)).toBe('two')
    expect(narrow).toHaveLength(1)
  })

  test('that are no UTF-8 are rejected among others', () => {
    const decoder = new TextLines(requireKernel())
    const chunk = Buffer.concat([Buffer.from('a\n'), Buffer.of(0xff, 0x0a), Buffer.from('b\n')])
    decoder.enterChunk(chunk)
    expect(decoder.decode(chunk, 0, decoder.lineEnd(0))).toBe('a')
    const end = decoder.lineEnd(2)
    expect(() => decoder.decode(chunk, 2, end)).toThrow('0xff')
    expect(decoder.decode(chunk, 4, decoder.lineEnd(4))).toBe('b')
    // One that is longer than its row says is not the kernel's to tell.
    expect(decoder.lineEnd(6)).toBe(-1)
  })
})
