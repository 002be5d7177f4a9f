import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IntegerMarker, MarkedIntegers } from './long-integers.ts'

const mark = '\u0080\u0080'
const long = '12345678901234567890'

/** What a marker makes of a text that lies among digits and signs which are not its own. */
function marked(text: string, marker = new IntegerMarker()): string | null {
  const inner = Buffer.from(text)
  const bytes = Buffer.concat([
    Buffer.from('-12345678901234567890'),
    inner,
    Buffer.from('12345678901234567890'),
  ])
  const start = bytes.length - inner.length - 20
  const isAscii = inner.length === text.length
  return marker.mark(bytes, start, start + inner.length, isAscii)
}

describe('IntegerMarker', () => {
  test.each([
    [long, `"${mark}${long}"`],
    [`-${long}`, `"${mark}-${long}"`],
    [`[${long},-${long}]`, `["${mark}${long}","${mark}-${long}"]`],
    [`{"a":${long}}`, `{"a":"${mark}${long}"}`],
    [`{"a" : \t\r\n${long} \t\r\n, "b":1}`, `{"a" : \t\r\n"${mark}${long}" \t\r\n, "b":1}`],
    [`{"é":${long}}`, `{"é":"${mark}${long}"}`],
    ['9007199254740993', `"${mark}9007199254740993"`],
    ['[9007199254740992]', '[9007199254740992]'],
    ['[-9007199254740992]', '[-9007199254740992]'],
    ['[999999999999999]', '[999999999999999]'],
    [`[${long}.5]`, `[${long}.5]`],
    [`[1.${long}]`, `[1.${long}]`],
    [`[${long}e5]`, `[${long}e5]`],
    [`[0${long}]`, `[0${long}]`],
    [`[-0${long}]`, `[-0${long}]`],
    [`[--${long}]`, `[--${long}]`],
    [`["${long}"]`, `["${long}"]`],
    [`["a ${long} b"]`, `["a ${long} b"]`],
    [`{"a"${long}:1}`, `{"a"${long}:1}`],
  ])('makes of %s what JSON.parse takes for a string, and leaves others alone', (text, expected) => {
    const marker = new IntegerMarker()
    expect(marked(text, marker)).toBe(expected)
    const marks = expected.split(mark).length - 1
    expect(marker.marks).toBe(marks)
    // The next line begins with none.
    expect(marked('[1]', marker)).toBe('[1]')
    expect(marker.marks).toBe(0)
  })

  test('marks the long one wherever it stands, also in a line of nothing else', () => {
    for (let before = 0; before < 40; before++)
      for (const digits of [17, 18, 33, 40]) {
        const number = '9'.repeat(digits)
        const [head, tail] = [`[${'1,'.repeat(before)}`, `${',2'.repeat(before)}]`]
        expect(marked(head + number + tail)).toBe(`${head}"${mark}${number}"${tail}`)
      }
    const many = Array<string>(5000).fill(long)
    expect(marked(`[${many.join(',')}]`)).toBe(`[${many.map((one) => `"${mark}${one}"`).join(',')}]`)
    const others = `é${'x'.repeat(100_000)}`
    expect(marked(`["${others}",${long}]`)).toBe(`["${others}","${mark}${long}"]`)
  })

  test('gives up where the line has the mark itself, and only where something would be marked', () => {
    expect(marked(`["${mark}7",${long}]`)).toBeNull()
    expect(marked(`["\\u0080\\u0080",${long}]`)).toBeNull()
    expect(marked(`["${mark}7",1]`)).toBe(`["${mark}7",1]`)
    expect(marked(`["\\u0080",${long}]`)).toBe(`["\\u0080","${mark}${long}"]`)
  })
})

describe('MarkedIntegers', () => {
  const one = (): unknown => `${mark}-${long}`
  const big = -BigInt(long)

  test('puts an integer back wherever it is, the first time and once its place is known', () => {
    const known = new MarkedIntegers()
    const values: readonly [make: () => unknown, marks: number, expected: unknown][] = [
      [one, 1, big],
      [() => ({ a: { b: [1, one(), 'x'] } }), 1, { a: { b: [1, big, 'x'] } }],
      [() => ({ a: { b: [one(), one()], c: one() } }), 3, { a: { b: [big, big], c: big } }],
      [() => [[one()], { d: one() }, null], 2, [[big], { d: big }, null]],
      [() => ({ a: 'plain', e: null }), 0, { a: 'plain', e: null }],
      [() => ({ a: one() }), 1, { a: big }],
      // As where a later property of the same name has taken the marked one's place.
      [() => ({ a: 1 }), 1, { a: 1 }],
    ]
    for (const round of [1, 2])
      for (const [make, marks, expected] of values)
        expect(known.restore(make(), marks), `${round}`).toEqual(expected)
  })

  test('takes no other text for a marked one', () => {
    for (const text of ['\u0080', '\u0080a\u0080', 'a\u0080\u0080', ''])
      expect(new MarkedIntegers().restore({ text, list: [text] }, 1)).toEqual({ text, list: [text] })
  })

  test('finds them below more names than it remembers', () => {
    const known = new MarkedIntegers()
    for (let name = 0; name < 600; name++)
      expect(known.restore({ [`key ${name}`]: { deep: [one()] } }, 1)).toEqual({
        [`key ${name}`]: { deep: [big] },
      })
  })
})

test('what was marked, parsed and restored is what was written', () => {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.integer(),
      fc.string(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'id', '12345678901234567890'), tie('value'), { maxKeys: 3 }),
    ),
  }))
  const spelt = (one: unknown): string => {
    if (typeof one === 'bigint') return String(one)
    if (Array.isArray(one)) return `[${one.map(spelt).join(', ')}]`
    if (typeof one !== 'object' || one === null) return JSON.stringify(one)
    return `{${Object.entries(one)
      .map(([name, below]) => `${JSON.stringify(name)}: ${spelt(below)}`)
      .join(',')}}`
  }
  /** Within ±2^53 an integer is a number. */
  const read = (one: unknown): unknown => {
    if (typeof one === 'bigint') return one >= -(2n ** 53n) && one <= 2n ** 53n ? Number(one) : one
    if (Array.isArray(one)) return one.map(read)
    if (typeof one !== 'object' || one === null) return one
    return Object.fromEntries(Object.entries(one).map(([name, below]) => [name, read(below)]))
  }
  const known = new MarkedIntegers()
  const marker = new IntegerMarker()
  fc.assert(
    fc.property(value, (one) => {
      const text = marked(spelt(one), marker)
      if (text !== null) expect(known.restore(JSON.parse(text), marker.marks)).toEqual(read(one))
    }),
    { numRuns: 1000 },
  )
})
