import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect, isDeepStrictEqual, types } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exactly, jsonObjectText, mutate, mutation } from '../../../test/fixtures/json-texts.ts'
import {
  compareLines,
  isObject,
  outcomeOf,
  readPath,
  type Use,
  uses,
} from '../../../test/fixtures/record-uses.ts'
import { requires } from '../../../test/requires.ts'
import type { Decoder } from '../../job/index.ts'
import { jsonl } from '../decode/jsonl.ts'
import { kernelOfThread } from './kernel.ts'

/** Expects that the same comes of lazy and plain records. Returns how many were lazy. */
function expectSameLines(
  lines: readonly Buffer[],
  lazy: Decoder<unknown>,
  plain: Decoder<unknown>,
  use: Use,
): number {
  const { lazyRecords, difference } = compareLines(lines, { lazy, plain }, use)
  expect(difference).toBeNull()
  return lazyRecords
}

function lazyDecoders(): { lazy: Decoder<unknown>; plain: Decoder<unknown> } {
  return { lazy: jsonl().decoder(), plain: jsonl({ lazy: false }).decoder() }
}

const someUse = fc.integer({ min: 0, max: uses.length - 1 })

describe('jsonl()', () => {
  test('has its kernel, so that what follows tests something', () => {
    expect(kernelOfThread()).not.toBeNull()
  })

  test('gives what plain records give, on generated JSON', () => {
    let lazyRecords = 0
    let lines = 0
    fc.assert(
      fc.property(fc.array(jsonObjectText, { minLength: 8, maxLength: 12 }), someUse, (texts, use) => {
        const { lazy, plain } = lazyDecoders()
        const bytes = texts.map((text) => Buffer.from(text))
        lazyRecords += expectSameLines(bytes, lazy, plain, uses[use] ?? exactly)
        lines += texts.length
      }),
      { numRuns: 1500 },
    )
    // The others have equal names twice, or escapes in names.
    expect(lazyRecords / lines).toBeGreaterThan(0.5)
  })

  test('rejects what plain records reject, with the same words, on JSON that was mutated', () => {
    const mutated = fc
      .tuple(jsonObjectText, fc.array(mutation, { minLength: 1, maxLength: 2 }))
      .map(([text, mutations]) => Buffer.from(mutate(text, mutations)))
    fc.assert(
      fc.property(fc.array(mutated, { minLength: 12, maxLength: 12 }), someUse, (lines, use) => {
        const { lazy, plain } = lazyDecoders()
        expectSameLines(lines, lazy, plain, uses[use] ?? exactly)
      }),
      { numRuns: 1500 },
    )
  })

  test('looks ahead seldom also where lines are not decoded, since they are too long', () => {
    const { lazy } = lazyDecoders()
    const chunk = Buffer.from('{"a":1}\n'.repeat(1000))
    lazy.enterChunk?.(chunk)
    const before = kernelOfThread()?.filling ?? 0
    for (let start = 0; start < chunk.length; start += 8) expect(lazy.lineEnd?.(start)).toBe(start + 7)
    // For 4 lines, then 8, and so on to 512.
    expect((kernelOfThread()?.filling ?? 0) - before).toBeLessThan(10)
  })

  test('rejects what is not UTF-8 wherever it stands, and takes what is', () => {
    const edge = fc.constantFrom(
      ...[
        0x0a, 0x1f, 0x20, 0x22, 0x41, 0x5c, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
      ],
      ...[0xe0, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff],
    )
    const inner = fc.array(edge, { maxLength: 8 })
    fc.assert(
      fc.property(inner, inner, fc.nat(40), (name, value, shift) => {
        const { lazy, plain } = lazyDecoders()
        const line = Buffer.concat([
          Buffer.from(`{"a":"${'.'.repeat(shift)}`),
          Buffer.from(value),
          Buffer.from('","'),
          Buffer.from(name),
          Buffer.from('":1}'),
        ])
        expectSameLines([line, line, line, line], lazy, plain, readPath('a'))
      }),
      { numRuns: 6000 },
    )
  })

  test('takes and rejects escapes wherever they stand among what the kernel looks at together', () => {
    const part = fc.constantFrom(
      ...[
        '\\\\',
        '\\"',
        '\\/',
        '\\n',
        '\\u00e9',
        '\\ud83d',
        '\\u12',
        '\\x',
        '\\',
        '"',
        'é',
        '日',
        '😀',
        '\t',
        '\x7f',
      ],
      ...['a', 'u', '0', '.......', '...............', '................'],
    )
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }),
        fc.array(part, { maxLength: 4 }),
        fc.nat(20),
        (value, name, shift) => {
          const { lazy, plain } = lazyDecoders()
          const line = Buffer.from(
            `{"${'-'.repeat(shift)}":"${value.join('')}","${name.join('')}":1,"a":"${value.join('')}"}`,
          )
          expectSameLines([line, line, line, line], lazy, plain, readPath('a'))
        },
      ),
      { numRuns: 8000 },
    )
  })

  test.each([
    '{"a":1,"a":2}',
    '{"a":{"b":1},"a":null}',
    '{"a":{"b":1},"a":{"c":2}}',
    '{"\\u0061":1}',
    '{"a":2,"\\u0061":1}',
    '{"a":"\\ud83d\\ude00 \\ud800 \\udc00"}',
    '{"a":"\\u00zz"}',
    '{"a":"\\x"}',
    '{"a":"tab\there"}',
    '{"a":-0,"b":0.1}',
    '{"a":1e400,"b":-1E-400}',
    '{"a":12345678901234567890,"b":9007199254740992}',
    '{"a":[12345678901234567890,{"id":9007199254740993}]}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":-}',
    '{"a":1e}',
    '{"a":truely}',
    '{"a":tru}',
    '{"a":nul',
    '{"a":false ,"b":\ttrue\r}  ',
    '{"a":1}}',
    '{"a":1}{}',
    '{"a":1},',
    '{"a":1,}',
    '{,}',
    '{"a":[1,]}',
    '{"a":[,1]}',
    '{"a" 1}',
    '{"a"',
    '{',
    '{"a":"',
    '{"a":[}]}',
    `{"a":${'['.repeat(126)}1${']'.repeat(126)}}`,
    `{"a":${'['.repeat(200)}1${']'.repeat(200)}}`,
    `{"a":${'{"b":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
    '\ufeff{"a":1}',
    ' {"a":1}',
    '[{"a":1}]',
    '"a"',
    '',
  ])('decides as the plain decoder does: %.40s', (text) => {
    for (const use of uses) {
      const { lazy, plain } = lazyDecoders()
      const line = Buffer.from(text)
      expectSameLines([Buffer.from('{"a":{"b":1}}'), line, line, line, line], lazy, plain, use)
    }
  })

  test('decides at the end of a chunk, whatever follows', () => {
    const { lazy, plain } = lazyDecoders()
    for (const text of ['{"a":1}', '{"a":1', '{"a":"', '{"a":tr', '{"a":1 ', '{"a":"\\u00', '{"a":"é']) {
      for (const behind of ['', '}', ' }', '"}', '\n']) {
        const chunk = Buffer.from(text + behind)
        lazy.enterChunk?.(chunk)
        const end = Buffer.byteLength(text)
        const given = outcomeOf(lazy, chunk, 0, end)
        const wanted = outcomeOf(plain, chunk, 0, end)
        expect(typeof given === 'string' ? given : exactly(given.record)).toBe(
          typeof wanted === 'string' ? wanted : exactly(wanted.record),
        )
      }
    }
  })

  test('a map that reads names that are data gets plain records after a while', () => {
    const lazy = jsonl<Record<string, number>>().decoder()
    const lines = Array.from({ length: 300 }, (_, number) => Buffer.from(`{"n${number}":${number}}`))
    const chunk = Buffer.concat(lines)
    lazy.enterChunk?.(chunk)
    let start = 0
    let last: unknown
    for (const [number, line] of lines.entries()) {
      const record = lazy.decode(chunk, start, start + line.length)
      start += line.length
      last = record
      expect(isObject(record) && record[`n${number}`]).toBe(number)
    }
    expect(types.isProxy(last)).toBe(false)
  })

  test('a map that keeps records of ever more chunks gets plain ones, and those it kept stay right', () => {
    const lazy = jsonl<{ number: number }>().decoder()
    const kept: unknown[] = []
    for (let number = 0; number < 150; number++) {
      const chunk = Buffer.alloc(1024 * 1024)
      const bytes = chunk.write(`{"number":${number},"text":"é"}`)
      lazy.enterChunk?.(chunk)
      kept.push(lazy.decode(chunk, 0, bytes))
    }
    expect(types.isProxy(kept[0])).toBe(true)
    expect(types.isProxy(kept.at(-1))).toBe(false)
    expect(kept).toEqual(kept.map((_, number) => ({ number, text: 'é' })))
  })
})

describe('a lazy record', () => {
  interface Tweet {
    text: string
    user: { name: string; tags: string[] }
    big: bigint
  }

  /** Records of equal form: the first ones teach what is read, the last one is lazy. */
  function taughtRecord(teach: (tweet: Tweet) => unknown): Tweet {
    const lazy = jsonl<Tweet>().decoder()
    const line = '{"text":"t","user":{"name":"n","tags":["x"]},"big":12345678901234567890}'
    const chunk = Buffer.from(`${line}\n`.repeat(5))
    lazy.enterChunk?.(chunk)
    let record: unknown
    for (let number = 0; number < 5; number++) {
      const start = number * (line.length + 1)
      record = lazy.decode(chunk, start, start + line.length)
      if (number < 4) teach(record as Tweet)
    }
    expect(types.isProxy(record)).toBe(true)
    return record as Tweet
  }

  const plain = { text: 't', user: { name: 'n', tags: ['x'] }, big: 12345678901234567890n }
  const teachAll = ({ text, user, big }: Tweet): unknown => [text, user.name, user.tags[0], big]

  test('gives the same object each time it is read, before and after it is decoded as a whole', () => {
    const tweet = taughtRecord(teachAll)
    const { user } = tweet
    const { tags } = user
    expect(tweet.user).toBe(user)
    tags.push('y')
    expect(Object.keys(tweet)).toEqual(['text', 'user', 'big'])
    expect(tweet.user).toBe(user)
    expect(tweet.user.tags).toBe(tags)
    expect(tweet).toEqual({ ...plain, user: { name: 'n', tags: ['x', 'y'] } })
  })

  test('can be changed, frozen and given other prototypes as a plain object can', () => {
    const tweet = taughtRecord(teachAll)
    const { user } = tweet
    user.name = 'other'
    expect(tweet.user.name).toBe('other')
    expect(Reflect.deleteProperty(tweet, 'text')).toBe(true)
    expect(tweet).toEqual({ user: { name: 'other', tags: ['x'] }, big: plain.big })
    Object.freeze(tweet)
    expect(Object.isFrozen(tweet)).toBe(true)
    expect(Reflect.set(tweet, 'text', 'x')).toBe(false)
    expect(Object.getPrototypeOf(user)).toBe(Object.prototype)
    Object.setPrototypeOf(user, null)
    expect('toString' in user).toBe(false)
    expect(Object.create(taughtRecord(teachAll)).text).toBe('t')
  })

  test('is shown, compared and stringified as a plain object is', () => {
    expect(inspect(taughtRecord(teachAll), { depth: 5 })).toBe(inspect(plain, { depth: 5 }))
    expect(inspect(taughtRecord(teachAll).user)).toBe(inspect(plain.user))
    expect(isDeepStrictEqual(taughtRecord(teachAll), plain)).toBe(true)
    expect(JSON.stringify(taughtRecord(teachAll).user)).toBe(JSON.stringify(plain.user))
    expect(String(taughtRecord(teachAll))).toBe('[object Object]')
    expect(taughtRecord(teachAll) instanceof Object).toBe(true)
  })
})

const data = fileURLToPath(new URL('../../../../shared/data', import.meta.url))

describe.skipIf(!requires('The folder ../shared/data with real JSON', existsSync(data)))(
  'lazy records of real data',
  () => {
    test('are what plain ones are, in every line, for every use', () => {
      const files = readdirSync(data, { recursive: true, withFileTypes: true })
        .filter(
          (entry) =>
            entry.isFile() &&
            /\.(json|ndjson)$|bitly.*example\.txt$/.test(join(entry.parentPath, entry.name)),
        )
        .map((entry) => join(entry.parentPath, entry.name))
      let lazyRecords = 0
      for (const file of files) {
        const lines = readFileSync(file, 'latin1').split('\n')
        for (const use of [readPath('text'), readPath('a'), readPath('user', 'name'), exactly]) {
          const { lazy, plain } = lazyDecoders()
          lazyRecords += expectSameLines(
            lines.map((line) => Buffer.from(line, 'latin1')),
            lazy,
            plain,
            use,
          )
        }
      }
      expect(lazyRecords).toBeGreaterThan(1000)
    })
  },
)
