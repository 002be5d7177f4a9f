import { parseJson } from '../input/index.ts'
import { canonicalJson } from '../record/index.ts'
import type { ResultsDiff, RowChange } from '../result/index.ts'

/** What `tallyman diff --json` writes; docs/formats/command-json.md describes it. Integers keep all their digits. */
export function diffJson({ before, after, isSame, inputs, facts, tables }: ResultsDiff): string {
  return canonicalJson({
    same: isSame,
    before: sideOf(before),
    after: sideOf(after),
    inputs,
    // What one side does not say is left out there.
    facts,
    tables: tables.map((table) =>
      table.kind === 'different' ? { ...table, largest: table.largest.map(changeOf) } : table,
    ),
  })
}

function sideOf({ directory, manifest }: ResultsDiff['before']): object {
  const { digest, run, tableFormat, completeness } = manifest
  return { result: directory, run: run.id, digest, format: tableFormat, complete: completeness.complete }
}

function changeOf({ kind, key, before, after, difference }: RowChange): object {
  return { kind, key, before: parsed(before), after: parsed(after), difference }
}

/** Undefined, and so left out, where there is no row: null is a value. */
function parsed(json: string | null): unknown {
  if (json === null) return undefined
  const bytes = Buffer.from(json)
  return parseJson(bytes, 0, bytes.length, 'exact')
}
