import fc from 'fast-check'
import { expect, test } from 'vitest'
import { amountAxis } from './axis.ts'

test('amountAxis divides an axis from nought into equal steps, whole ones for whole numbers', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(fc.nat(1e9), { minLength: 1 }),
        fc.array(fc.nat(12), { minLength: 1 }),
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }),
      ),
      (values) => {
        const { min, max, interval } = amountAxis(values, null) as Record<string, number>
        expect(min).toBe(0)
        expect(max).toBeGreaterThanOrEqual(Math.max(...values) * (1 - 1e-9))
        const parts = (max ?? 0) / (interval ?? 0)
        expect(Math.abs(parts - Math.round(parts))).toBeLessThan(1e-9)
        expect(parts).toBeGreaterThanOrEqual(1)
        expect(parts).toBeLessThan(5.5)
        if (values.every(Number.isInteger)) expect(Number.isInteger(interval)).toBe(true)
      },
    ),
  )
})
