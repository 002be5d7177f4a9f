import { expect, test } from 'vitest'
import { noRecord, RecordRejection } from './format.ts'

test('what holds no record is the same for a format that has another copy of tallyman', () => {
  expect(noRecord).toBe(Symbol.for('tallyman.noRecord'))
})

test('a rejection is known by its name, and says where in the record the trouble is', () => {
  expect(new RecordRejection('bad', 3)).toMatchObject({ name: 'RecordRejection', message: 'bad', atByte: 3 })
  expect(new RecordRejection('bad').atByte).toBeNull()
})
