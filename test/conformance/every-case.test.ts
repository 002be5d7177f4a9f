import { describe, expect, it } from 'vitest'
import { hasCases, readCases } from './cases.ts'
import { plan } from './plan.ts'

describe.skipIf(!hasCases())('plan', () => {
  it('has every case of the file once, and no other', () => {
    const planned = Object.values(plan).flatMap((share) => Object.keys(share))
    const known = readCases().map(({ id }) => id)
    expect(planned.toSorted()).toEqual(known.toSorted())
  })
})
