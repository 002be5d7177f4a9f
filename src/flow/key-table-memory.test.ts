import { expect, it } from 'vitest'
import { numberOf } from '../../test/fixtures/folded.ts'
import { KeyTable } from './key-table.ts'

it('a table of keys counts no less than the memory it takes', { tags: ['large'] }, () => {
  const before = process.memoryUsage().arrayBuffers
  const table = new KeyTable()
  for (let number = 0; number < 200_000; number++) {
    numberOf(table, Buffer.from(`key-${number}`))
  }
  const takenBytes = process.memoryUsage().arrayBuffers - before
  expect(takenBytes).toBeGreaterThan(200_000 * 20)
  // Beside what it counts, the last chunk's free end.
  expect(takenBytes).toBeLessThan(table.heldBytes + 2 ** 18)
})
