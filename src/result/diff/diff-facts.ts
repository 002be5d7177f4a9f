import { canonicalJson } from '../../record/index.ts'
import type { Manifest } from '../manifest.ts'

/** Something that two manifests do not say alike. */
export interface FactChange {
  readonly of:
    | 'job'
    | 'code'
    | 'parameter'
    | 'file-read'
    | 'surroundings'
    | 'version'
    | 'total'
    | 'counter'
    | 'completeness'
  /** Which one of its kind. */
  readonly name: string
  /** Plain data; undefined where it is not said. */
  readonly before: unknown
  readonly after: unknown
}

type Facts = readonly (readonly [FactChange['of'], name: string, value: unknown])[]

/** What two manifests say of how their results were made, where they differ: in the order it matters. */
export function diffFacts(before: Manifest, after: Manifest): FactChange[] {
  const [a, b] = [factsByName(before), factsByName(after)]
  const names = new Set([...a.keys(), ...b.keys()])
  return [...names].flatMap((name) => {
    const [one, other] = [a.get(name), b.get(name)]
    const fact = one ?? other
    if (fact === undefined || (one && other && isSame(one.value, other.value))) return []
    return [{ of: fact.of, name: fact.name, before: one?.value, after: other?.value }]
  })
}

function isSame(before: unknown, after: unknown): boolean {
  return canonicalJson(before) === canonicalJson(after)
}

function factsByName(
  manifest: Manifest,
): ReadonlyMap<string, { readonly of: FactChange['of']; readonly name: string; readonly value: unknown }> {
  return new Map(factsOf(manifest).map(([of, name, value]) => [`${of} ${name}`, { of, name, value }]))
}

function factsOf({
  job,
  filesRead,
  surroundings,
  versions,
  completeness,
  counters,
  ...totals
}: Manifest): Facts {
  return [
    ['code', 'sha256', job.codeSha256],
    ...Object.entries(job.params).map(([name, value]) => ['parameter', name, value] as const),
    ...(filesRead ?? []).map(({ path, ...file }) => ['file-read', path, file] as const),
    ['surroundings', 'time zone and language', surroundings],
    ['job', 'file', job.file],
    ['version', 'tallyman', versions.tallyman],
    ['version', 'node', versions.node],
    ['completeness', 'complete', completeness.complete],
    ['completeness', 'accepted', completeness.accepted.map(({ message }) => message)],
    ['completeness', 'series', completeness.series],
    ['total', 'records', totals.records],
    ['total', 'rejected', totals.rejected],
    ['total', 'bytes', totals.bytes],
    ...Object.entries(counters).map(([name, value]) => ['counter', name, value] as const),
  ]
}
