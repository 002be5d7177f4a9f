import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TallymanError } from '../errors.ts'
import type { Series } from '../input/index.ts'
import type { JobDescription } from '../job/index.ts'
import type { CommittedTable, InputTotals, Isolation, Shortfall } from '../run/index.ts'
import type { TableFormat } from './format/row-writer.ts'

/** What `manifest.json` of a result says; docs/formats/manifest.md describes it. */
export interface Manifest {
  readonly format: 'tallyman result'
  readonly version: 1
  /** `sha256:` and 64 hex digits over the canonical bytes of all tables. */
  readonly digest: string
  readonly tables: readonly CommittedTable[]
  readonly tableFormat: TableFormat
  readonly job: {
    /** The job file as named. */
    readonly path: string
    /** Absolute path of the job file: a result is replaced only by one of the same job. */
    readonly file: string
    readonly description: JobDescription
    readonly params: Readonly<Record<string, unknown>>
    readonly codeSha256: string
  }
  /** Over code, parameters and inputs. */
  readonly fingerprint: string
  readonly inputs: readonly InputTotals[]
  readonly completeness: {
    /** Was every expected input read to its end, and every record taken? */
    readonly complete: boolean
    /** What is lacking and was accepted. */
    readonly accepted: readonly Shortfall[]
    readonly series: Series | null
    readonly notes: readonly string[]
  }
  readonly records: number
  readonly rejected: number
  /** Bytes read from disk. */
  readonly readBytes: number
  /** Bytes after decompression. */
  readonly bytes: number
  /** By name. */
  readonly counters: Readonly<Record<string, number>>
  readonly run: {
    readonly id: string
    readonly isolation: Isolation
    readonly workers: number
    readonly mapTasks: number
    readonly partitions: number
    /** Milliseconds since the epoch. */
    readonly createdAt: number
  }
  readonly versions: { readonly tallyman: string; readonly node: string }
}

export const manifestName = 'manifest.json'

/**
 * Reads a result's manifest.
 *
 * @throws {TallymanError} `not-found` where there is no result; `file-damaged` for a manifest that is none
 */
export function readManifest(directory: string): Manifest {
  const file = join(directory, manifestName)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new TallymanError('not-found', `${directory} is no result: it has no ${manifestName}.`, {
      wayOut: 'Name the directory that `tallyman run` wrote, or a run.',
      cause,
    })
  }
  const manifest = parse(text)
  if (manifest === null || !('format' in manifest) || manifest.format !== 'tallyman result') {
    throw new TallymanError('file-damaged', `${file} is not the manifest of a result.`)
  }
  if (!('version' in manifest) || manifest.version !== 1) {
    throw new TallymanError('file-damaged', `${file} is of a version this tallyman cannot read.`, {
      wayOut: 'Read it with the version of tallyman that wrote it, or run the job again.',
    })
  }
  return manifest as Manifest
}

function parse(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    // Not JSON, and so not a manifest.
    return null
  }
}
