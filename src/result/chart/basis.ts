import type { Series } from '../../input/index.ts'
import type { TableDescription } from '../../job/index.ts'
import { printable } from '../../printable.ts'
import { countOf } from '../../quantities.ts'
import type { Manifest } from '../manifest.ts'
import { sayShortfalls } from './shortfalls.ts'

/** What a drawing rests on, beside the rows of its table. */
export interface Basis {
  readonly tables: readonly TableDescription[]
  /** Each file with the records that it gave. */
  readonly inputs: readonly { readonly path: string; readonly records: number }[]
  /** Names of inputs of which something is lacking; of a member of an archive with the archive's before it. */
  readonly partial: readonly string[]
  readonly series: Pick<Series, 'from' | 'to'> | null
  /** What is lacking, as sentences. */
  readonly warnings: readonly string[]
  /** Where it is from. */
  readonly source: string
}

/** That of a result. */
export function basisOf(manifest: Manifest): Basis {
  const { completeness, inputs, job, run, digest, records } = manifest
  return {
    tables: job.description.tables,
    inputs,
    partial: completeness.accepted.flatMap((shortfall) => (shortfall.kind === 'input' ? shortfall.name : [])),
    series: completeness.series,
    warnings: sayShortfalls(manifest),
    source: sourceOf(job, run.id, [
      digest.slice(0, 'sha256:'.length + 12),
      `${countOf(inputs.length, 'file')}, ${countOf(records, 'record')}`,
    ]),
  }
}

/** Job, run, and what else is to be said. */
export function sourceOf(
  { path, description: { name } }: Pick<Manifest['job'], 'path' | 'description'>,
  run: string,
  more: readonly string[],
): string {
  const file = path.slice(path.lastIndexOf('/') + 1).replace(/\.job\.[cm]?[jt]s$/, '')
  return [printable(name ?? file), `run ${run}`, ...more].join(' · ')
}
