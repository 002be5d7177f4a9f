import { canonicalJson } from '../../record/index.ts'
import type { CommittedResult, InputTotals } from '../../run/index.ts'
import { type Manifest, manifestName } from '../manifest.ts'
import type { Finding } from './finding.ts'

/**
 * Looks for what a manifest says against itself, or against the journal of its run: a manifest that was edited and sealed
 * again.
 */
export function checkClaims(manifest: Manifest, committed: CommittedResult | null): Finding[] {
  const { tables, tableFormat, job, inputs, completeness, records, rejected, bytes, digest } = manifest
  const files = tables.map(({ name, file }) => [name, file])
  const expectedFiles = job.description.tables.map(({ name }) => [name, `${name}.${tableFormat}`])
  const sum = (part: (input: InputTotals) => number): number =>
    inputs.reduce((total, input) => total + part(input), 0)
  const contradictions: readonly (readonly [isWrong: boolean, claim: string])[] = [
    [!isSame(files, expectedFiles), 'its tables are not those of its job'],
    [records !== sum((input) => input.records), 'its records are not the sum of those of its inputs'],
    [
      rejected !== sum((input) => input.rejected),
      'its rejected records are not the sum of those of its inputs',
    ],
    [bytes !== sum((input) => input.bytes), 'its bytes are not the sum of those of its inputs'],
    [
      completeness.complete !== (completeness.accepted.length === 0),
      'whether it is complete does not go with what it lacks',
    ],
    [
      committed !== null && committed.digest !== digest,
      `the journal of its run says digest ${committed?.digest}`,
    ],
    [
      committed !== null && !isSame(committed.tables, tables),
      'the journal of its run says other tables, or other rows, bytes or hashes of them',
    ],
    [
      committed !== null && committed.manifestSha256 !== manifest.manifestSha256,
      'it is not the manifest that its run wrote',
    ],
  ]
  return contradictions
    .filter(([isWrong]) => isWrong)
    .map(([, claim]) => ({
      kind: 'claim',
      file: manifestName,
      message: `${manifestName} is wrong: ${claim}.`,
    }))
}

function isSame(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b)
}
