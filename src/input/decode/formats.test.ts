import { describe, expect, test } from 'vitest'
import { noRecord } from '../../job/index.ts'
import { bytes } from './bytes.ts'
import { fixedWidth } from './fixed-width.ts'
import { jsonl } from './jsonl.ts'
import { text } from './text.ts'

describe('jsonl, text, fixedWidth and bytes', () => {
  test('describe themselves as plain data, with a limit of 64 MiB', () => {
    expect(jsonl()).toMatchObject({
      name: 'jsonl',
      unit: 'line',
      recordBytesMax: 67_108_864,
      options: { integers: 'exact' },
    })
    expect(jsonl({ integers: 'number' }).options).toEqual({ integers: 'number' })
    expect(text({ recordBytesMax: 10 })).toMatchObject({
      name: 'text',
      unit: 'line',
      recordBytesMax: 10,
      options: {},
    })
    expect(
      fixedWidth({ fields: { id: [1, 2], n: { at: [4, 9], type: 'number', missing: ['-', '?'] } } }),
    ).toMatchObject({
      name: 'fixedWidth',
      unit: 'line',
      recordBytesMax: 67_108_864,
      options: { fields: 'id 1-2, n 4-9 number missing "-" "?"', width: null, shortLines: 'reject' },
    })
    expect(bytes()).toMatchObject({ name: 'bytes', unit: 'file', recordBytesMax: 67_108_864, options: {} })
  })

  test.each([0, -1, 1.5, Number.NaN, 2 ** 40])('refuse %s as recordBytesMax', (recordBytesMax) => {
    const fixed = (options: object) => fixedWidth({ fields: { id: [1, 2] }, ...options })
    for (const format of [jsonl, text, bytes, fixed]) {
      expect(() => format({ recordBytesMax })).toThrow(expect.objectContaining({ code: 'job-invalid' }))
    }
  })

  test('jsonl refuses a way with integers it does not know', () => {
    const untyped: object = { integers: 'bigint' }
    expect(() => jsonl(untyped)).toThrow('jsonl\'s integers is "bigint"; it takes "exact" or "number".')
  })

  test('jsonl passes over an empty line, whatever lies at its end', () => {
    // After a byte order mark that ends a chunk, what lies there is whatever the memory held before.
    for (const after of ['\n', '{', '7', '\0', '\ufeff']) {
      const source = Buffer.from(`\ufeff${after}`)
      for (const integers of ['exact', 'number'] as const) {
        expect(jsonl({ integers }).decoder().decode(source, 3, 3)).toBe(noRecord)
      }
    }
  })

  test('bytes gives a copy', () => {
    const source = Buffer.from('abc')
    const content = bytes().decoder().decode(source, 1, 3)
    source.fill(0)
    expect(content).toEqual(new Uint8Array([0x62, 0x63]))
  })
})
