import { expect, test } from 'vitest'
import type { Manifest } from '../manifest.ts'
import { sayShortfalls } from './shortfalls.ts'

test('names what a result is without by the last part of its name, as it can be shown', () => {
  const name = 'in/a\u001b[31m.zip!deep/x\n.csv'
  const accepted = [{ kind: 'input', name, message: '', wayOut: null, accepted: true }] as const
  const manifest = {
    completeness: { complete: false, accepted, series: null, notes: [] },
    records: 3,
    rejected: 0,
  }
  expect(sayShortfalls(manifest as unknown as Manifest)).toEqual([
    String.raw`Incomplete: without a\u001b[31m.zip!x\n.csv.`,
  ])
})
