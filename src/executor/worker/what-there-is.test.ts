import { describe, expect, it } from 'vitest'
import { reducerNames } from '../../job/index.ts'
import { whatThereIs } from './what-there-is.ts'

const lacking = (name: string): string =>
  `The requested module 'tallyman' does not provide an export named '${name}'`

describe('whatThereIs', () => {
  it('lists all formats and reducers, and names the nearest', () => {
    expect(whatThereIs(lacking('parquet'))).toBe(
      `Formats are bytes(), fixedWidth(), jsonl(), text(); reducers are ${reducerNames.map((name) => `${name}()`).join(', ')}.`,
    )
    expect(whatThereIs(lacking('json'))).toMatch(/^Did you mean jsonl\(\)\? Formats are /)
    expect(whatThereIs(lacking('colect'))).toMatch(/^Did you mean collect\(\)\? /)
  })

  it('knows nothing of other modules and other errors', () => {
    expect(whatThereIs("The requested module 'zod' does not provide an export named 'zz'")).toBeNull()
    expect(whatThereIs('no database')).toBeNull()
  })
})
