import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noRecord, RecordRejection } from '../../job/index.ts'
import { type FixedWidthOptions, fixedWidth } from './fixed-width.ts'
import type { Field } from './fixed-width-fields.ts'

type Options = FixedWidthOptions<Readonly<Record<string, Field>>>

/** The record of a line; of one that is rejected the reason, and at which byte. */
function decode(line: string | Buffer, options: Options, reads: readonly string[] | null = null): unknown {
  const bytes = Buffer.concat([Buffer.from('before'), Buffer.from(line), Buffer.from('behind')])
  const use =
    reads === null ? null : { reads: new Map(reads.map((name) => [name, null])), mayReadLater: false }
  try {
    return fixedWidth(options)
      .decoder(use)
      .decode(bytes, 6, bytes.length - 6)
  } catch (error) {
    if (!(error instanceof RecordRejection)) throw error
    return [error.message, error.atByte]
  }
}

const station: Options = {
  fields: {
    id: [1, 4],
    date: [6, 13],
    year: { at: [6, 9], type: 'number' },
    value: { at: [14, 18], type: 'number', missing: '-9999' },
    flag: { at: [19, 19], missing: ['M', ' '] },
    note: { at: [20, 23], type: 'raw' },
  },
}

describe('fixedWidth', () => {
  test('gives each field what stands at its place, though fields overlap and leave gaps', () => {
    expect(decode('KSM1x20200229  215Q ab tail', station)).toEqual({
      id: 'KSM1',
      date: '20200229',
      year: 2020,
      value: 215,
      flag: 'Q',
      note: ' ab ',
    })
  })

  test('a blank number is null, a blank text is empty, and what says missing is null', () => {
    expect(decode('        ' + '     ' + '-9999' + 'M' + '.   ', station)).toEqual({
      id: '',
      date: '',
      year: null,
      value: null,
      flag: null,
      note: '.   ',
    })
    expect(decode('A'.padEnd(23), station)).toMatchObject({ flag: null, value: null })
  })

  test.each(['', '   '])('a line of nothing but spaces is no record: %j', (line) => {
    expect(decode(line, station)).toBe(noRecord)
  })

  test.each([
    ['12', 12],
    ['  -3 ', -3],
    ['+.5', 0.5],
    ['1.', 1],
    ['1e3', 1000],
    ['9007199254740991', 9007199254740991],
    ['0.1', 0.1],
  ])('reads the number %j', (text, value) => {
    expect(decode(text, { fields: { n: { at: [1, 16], type: 'number' } }, shortLines: 'pad' })).toEqual({
      n: value,
    })
  })

  test.each([
    ['1 2', 'which is no number'],
    ['0x10', 'which is no number'],
    ['1,5', 'which is no number'],
    ['NaN', 'which is no number'],
    ['-', 'which is no number'],
    ['９', 'which is no number'],
    ['1e999', 'which is too large for a number'],
    ['9007199254740993', 'which a number would round: say type: "bigint"'],
  ])('rejects %j as a number, with the byte of its field', (text, reason) => {
    const options: Options = { fields: { n: { at: [3, 18], type: 'number' } }, shortLines: 'pad' }
    expect(decode(`é ${text}`, options)).toEqual([
      `field "n" (characters 3 to 18) holds ${JSON.stringify(text)}, ${reason}`,
      3,
    ])
  })

  test('a bigint is exact, and takes whole numbers alone', () => {
    const options: Options = { fields: { n: { at: [1, 20], type: 'bigint' } }, shortLines: 'pad' }
    expect(decode('12345678901234567891', options)).toEqual({ n: 12345678901234567891n })
    expect(decode('  +7', options)).toEqual({ n: 7n })
    expect(decode('1.5', options)).toEqual([
      'field "n" (characters 1 to 20) holds "1.5", which is no whole number',
      0,
    ])
  })

  test('counts characters and not bytes or units', () => {
    const options: Options = { fields: { a: [1, 2], b: [3, 3], n: { at: [4, 5], type: 'number' } } }
    expect(decode('日本é42', options)).toEqual({ a: '日本', b: 'é', n: 42 })
    expect(decode('😀x😀42', options)).toEqual({ a: '😀x', b: '😀', n: 42 })
    expect(decode('😀x😀ab', options)).toEqual([
      'field "n" (characters 4 to 5) holds "ab", which is no number',
      9,
    ])
  })

  test('rejects a line that is too short, where it ends, unless it is padded', () => {
    const fields: Options['fields'] = { a: [1, 2], n: { at: [4, 6], type: 'number' } }
    expect(decode('ab', { fields })).toEqual(['the line has 2 characters; its fields need 6', 2])
    expect(decode('ab 1', { fields })).toEqual(['the line has 4 characters; its fields need 6', 4])
    expect(decode('ab', { fields, shortLines: 'pad' })).toEqual({ a: 'ab', n: null })
    expect(decode('ab 1', { fields, shortLines: 'pad' })).toEqual({ a: 'ab', n: 1 })
  })

  test('width: a line of another length is rejected, and a shorter one padded where that was said', () => {
    const options: Options = { fields: { a: [1, 2] }, width: 4 }
    expect(decode('abcd', options)).toEqual({ a: 'ab' })
    expect(decode('abcde', options)).toEqual(['the line has 5 characters; each has 4', null])
    expect(decode('abé', options)).toEqual(['the line has 3 characters; each has 4', 4])
    expect(decode('a', { ...options, shortLines: 'pad' })).toEqual({ a: 'a' })
    expect(decode('abcde', { ...options, shortLines: 'pad' })).toEqual([
      'the line has 5 characters; each has 4',
      null,
    ])
  })

  test('rejects a line that is not UTF-8, with the byte', () => {
    expect(decode(Buffer.from('KSM\xe9x20200229', 'latin1'), station)).toEqual([
      'byte 0xe9 is not valid UTF-8 there; in Windows-1252 and Latin-1 it is "é": iconv -f WINDOWS-1252 -t UTF-8 converts such a file',
      3,
    ])
  })

  test('makes no text that is not read, and rejects the same lines', () => {
    expect(decode('KSM1x20200229  215Q ab ', station, ['id'])).toEqual({ id: 'KSM1', year: 2020, value: 215 })
    expect(decode('KSM1x20200229  2x5Q ab ', station, ['id'])).toEqual(
      decode('KSM1x20200229  2x5Q ab ', station),
    )
    expect(decode('KSM1', station, ['id'])).toEqual(decode('KSM1', station))
  })

  test('gives back the values that lines were written of', () => {
    const value = fc.record({
      text: fc.stringMatching(/^[^ \n\r]{0,6}$/u).filter((text) => [...text].length <= 6),
      number: fc.option(fc.integer({ min: -9999, max: 99999 })),
      big: fc.option(fc.bigInt({ min: 1n - 10n ** 29n, max: 10n ** 29n })),
    })
    const options: Options = {
      fields: {
        big: { at: [13, 42], type: 'bigint' },
        text: [1, 6],
        number: { at: [7, 11], type: 'number' },
      },
      width: 43,
    }
    fc.assert(
      fc.property(value, fc.boolean(), ({ text, number, big }, isLeft) => {
        fc.pre(text.isWellFormed() && !/[\0\u0085\u2028\u2029]/.test(text))
        const pad = (part: string, width: number): string => {
          const spaces = ' '.repeat(width - [...part].length)
          return isLeft ? part + spaces : spaces + part
        }
        const line = `${pad(text, 6)}${pad(String(number ?? ''), 5)}|${pad(String(big ?? ''), 30)}|`
        expect(decode(line, options)).toEqual({ text, number, big })
      }),
    )
  })
})

describe('fixedWidth refuses', () => {
  test.each([
    ['no fields', {}, 'fields is undefined; it names at least one field'],
    ['none of them', { fields: {} }, 'fields is {}; it names at least one field'],
    ['a field without a name', { fields: { '': [1, 2] } }, 'has a field that is named ""'],
    [
      'a field with the name of the prototype',
      { fields: { ['__proto__']: [1, 2] } },
      'has a field that is named "__proto__"',
    ],
    ['a width alone', { fields: { a: 5 } }, 'field "a" is at 5; it takes its first and its last character'],
    [
      'a place from 0',
      { fields: { a: [0, 5] } },
      'field "a" is at [0,5]; it takes its first and its last character',
    ],
    ['a place that ends before it begins', { fields: { a: [3, 2] } }, 'field "a" is at [3,2]'],
    ['a place of three', { fields: { a: { at: [1, 2, 3] } } }, 'field "a" is at [1,2,3]'],
    [
      'an unknown type',
      { fields: { a: { at: [1, 2], type: 'int' } } },
      'field "a" has the type "int"; it takes "text", "raw", "number", "bigint"',
    ],
    [
      'a number as missing',
      { fields: { a: { at: [1, 2], missing: -9999 } } },
      'field "a" is missing where it is -9999; it takes the text',
    ],
    [
      'lines too narrow for their fields',
      { fields: { a: [1, 9] }, width: 8 },
      'width is 8; its fields need 9 characters',
    ],
    [
      'another way with short lines',
      { fields: { a: [1, 9] }, shortLines: 'skip' },
      'shortLines is "skip"; it takes "reject" or "pad"',
    ],
  ])('%s', (_, options, message) => {
    const untyped: object = options
    expect(() => fixedWidth(untyped as Options)).toThrow(
      expect.objectContaining({
        code: 'job-invalid',
        message: expect.stringContaining(`fixedWidth's ${message}`),
      }),
    )
  })
})
