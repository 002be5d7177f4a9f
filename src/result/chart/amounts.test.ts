import fc from 'fast-check'
import { expect, test } from 'vitest'
import { amountOf, logFloor, plus, showAmount, showOnAxis } from './amounts.ts'

test('plus and showAmount lose no digit of a whole number', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), { minLength: 1 }), (values) => {
      const sum = values.map(amountOf).reduce(plus)
      expect(BigInt(sum)).toBe(values.reduce((a, b) => a + b))
      expect(BigInt(showAmount(sum).replaceAll(',', ''))).toBe(BigInt(sum))
    }),
  )
  fc.assert(
    fc.property(fc.array(fc.maxSafeInteger(), { minLength: 1 }), (values) => {
      expect(BigInt(values.map(amountOf).reduce(plus))).toBe(values.map(BigInt).reduce((a, b) => a + b))
    }),
  )
})

test('showAmount and showOnAxis say large numbers and fractions so that they can be read', () => {
  const said = [9007199254740993n, 123456789012345678901234567890n, 10n ** 50n, 1e300, 1234567.8, 0.12345, 0]
  expect(said.map(showAmount)).toEqual([
    '9,007,199,254,740,993',
    '123,456,789,012,345,678,901,234,567,890',
    '1.00e50',
    '1e300',
    '1,234,568',
    '0.1235',
    '0',
  ])
  expect([9e15, 1.25e17, 5e11, 0.5].map(showOnAxis)).toEqual(['9e15', '1.25e17', '500,000,000,000', '0.5'])
})

test('logFloor is a power of ten well below the least positive value', () => {
  expect([[1, 100], [0.01, 100], [5, 0, -3], [20n], [], [0]].map(logFloor)).toEqual([
    0.1, 0.001, 1, 10, 0.1, 0.1,
  ])
})
