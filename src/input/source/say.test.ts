import { expect, test } from 'vitest'
import { countBytes, hex } from './say.ts'

test('A number of bytes is told with its noun', () => {
  expect([0, 1, 2, 2048].map(countBytes)).toEqual(['0 bytes', '1 byte', '2 bytes', '2,048 bytes'])
})

test('A checksum is told as others tell it', () => {
  expect([0, 0xab, 0xdeadbeef].map(hex)).toEqual(['0x00000000', '0x000000ab', '0xdeadbeef'])
})
