import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyPoint } from '../../test/fixtures/keys-and-values.ts'
import { comparePathBytes, fromFsBytes, toFsBytes, toFsPath } from './path-bytes.ts'

const someBytes = fc.oneof(
  fc.uint8Array({ maxLength: 24 }),
  fc.string({ unit: anyPoint, maxLength: 12 }).map((text) => Buffer.from(text)),
  // Near the edges of what is UTF-8.
  fc.array(
    fc.constantFrom(0x41, 0x80, 0xbf, 0xc2, 0xed, 0xa0, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xff),
    {
      maxLength: 16,
    },
  ),
)

describe('fromFsBytes and toFsBytes', () => {
  test('give back every sequence of bytes', () => {
    fc.assert(
      fc.property(someBytes, (values) => {
        const bytes = Buffer.from(values)
        expect(toFsBytes(fromFsBytes(bytes)).equals(bytes)).toBe(true)
      }),
    )
  })

  test('keep a byte that is not UTF-8 as a lone surrogate', () => {
    expect(fromFsBytes(Buffer.from('a\xffb', 'latin1'))).toBe('a\udcffb')
    expect(fromFsBytes(Buffer.from([0xed, 0xa0, 0x80]))).toBe('\udced\udca0\udc80')
    expect(fromFsBytes(Buffer.from('größe 🗄'))).toBe('größe 🗄')
    // What is UTF-8 around it stays as it is, of whatever length: the first and the last characters of each.
    const text = 'a\x7f\x80é\u07ff\u0800오\uffff\u{10000}😀\u{10ffff}'
    for (const byte of [0x80, 0xbf, 0xc0, 0xc1, 0xf5, 0xff])
      expect(fromFsBytes(Buffer.concat([Buffer.from(text), Buffer.of(byte), Buffer.from(text)]))).toBe(
        `${text}${String.fromCharCode(0xdc00 + byte)}${text}`,
      )
    // Nor is a character that is cut off at the end.
    expect(fromFsBytes(Buffer.from('오').subarray(0, 2))).toBe('\udcec\udc98')
    expect(fromFsBytes(Buffer.of(0xff, 0xf0))).toBe('\udcff\udcf0')
  })

  test('take a lone surrogate that stands for no byte for what it is: none', () => {
    expect(toFsBytes('a\udc7f')).toEqual(Buffer.from('a\ufffd'))
    expect(toFsBytes('\udd00\ud83d')).toEqual(Buffer.from('\ufffd\ufffd'))
    expect(toFsBytes('\udc80😀\udcff')).toEqual(
      Buffer.concat([Buffer.of(0x80), Buffer.from('😀'), Buffer.of(0xff)]),
    )
  })
})

test('toFsPath gives bytes only for names that are not UTF-8', () => {
  expect(toFsPath('größe')).toBe('größe')
  expect(toFsPath('a\udcff')).toEqual(Buffer.from([0x61, 0xff]))
})

test('comparePathBytes has the order of the bytes', () => {
  // As UTF-16 has it the smiley comes first.
  const inOrder = [
    '',
    'a',
    'aa',
    'ab',
    'b',
    'é',
    '오',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '😀',
    '😀a',
    '\u{10ffff}',
    '\udcff',
  ]
  for (const [index, left] of inOrder.entries())
    for (const [place, right] of inOrder.entries())
      expect(Math.sign(comparePathBytes(left, right)), `${left} ${right}`).toBe(Math.sign(index - place))
  fc.assert(
    fc.property(someBytes, someBytes, (one, other) => {
      const [left, right] = [Buffer.from(one), Buffer.from(other)]
      const order = comparePathBytes(fromFsBytes(left), fromFsBytes(right))
      expect(Math.sign(order)).toBe(Buffer.compare(left, right))
    }),
  )
})
