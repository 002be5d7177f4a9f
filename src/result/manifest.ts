import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assertNever, errnoOf, TallymanError } from '../errors.ts'
import type { Series } from '../input/index.ts'
import type { JobDescription } from '../job/index.ts'
import type {
  CommittedTable,
  Confinement,
  FileRead,
  InputTotals,
  Isolation,
  Shortfall,
} from '../run/index.ts'
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
  /** Over engine, surroundings, code, parameters and inputs. */
  readonly fingerprint: string
  /** Time zone and language of the environment, by which dates and texts look where the job does not say it itself. */
  readonly surroundings: string
  /** Files that the job read itself, in order of paths; null where they are too many to be told, or it was on Spark. */
  readonly filesRead: readonly FileRead[] | null
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
    /** What workers were held to; null where they were no containers. */
    readonly confinement: Confinement | null
    readonly workers: number
    readonly mapTasks: number
    readonly partitions: number
    /** Milliseconds since the epoch. */
    readonly createdAt: number
  }
  readonly versions: { readonly tallyman: string; readonly node: string }
  /** The seal: SHA-256, in hex, of the file's bytes before the line that says it. Always the last property. */
  readonly manifestSha256: string
}

/** Written last: a directory without it is no result. */
export const manifestName = 'manifest.json'

/** A manifest before its own hash is known. */
export type UnsealedManifest = Omit<Manifest, 'manifestSha256'>

/**
 * The text of `manifest.json`, and the manifest as it is read back. The last property is the SHA-256 of all bytes before
 * its line, so that a change of any byte shows, and `head -n -2 manifest.json | sha256sum` tells it without tallyman.
 */
export function sealManifest(unsealed: UnsealedManifest): {
  readonly text: string
  readonly manifest: Manifest
} {
  const head = `${JSON.stringify(unsealed, null, 2).slice(0, -'\n}'.length)},\n`
  const manifestSha256 = sha256(Buffer.from(head))
  return { text: head + sealOf(manifestSha256), manifest: { ...unsealed, manifestSha256 } }
}

function sealOf(hex: string): string {
  return `  "manifestSha256": "${hex}"\n}\n`
}

const sealBytes = sealOf('0'.repeat(64)).length

function isSealed(bytes: Buffer): boolean {
  const head = bytes.subarray(0, Math.max(0, bytes.length - sealBytes))
  return bytes.toString('latin1', head.length) === sealOf(sha256(head))
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** What lies where a manifest should. */
export type ManifestOnDisk =
  | { readonly kind: 'absent'; readonly cause: unknown }
  /** Its bytes are not those that were written. `claims` is what it says nevertheless, null for what is no JSON object. */
  | { readonly kind: 'changed'; readonly claims: object | null }
  /** As it was written, by a version of tallyman that writes other results. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'whole'; readonly manifest: Manifest }

/** Reads `manifest.json` and checks its seal. */
export function inspectManifest(directory: string): ManifestOnDisk {
  try {
    return inspectBytes(readFileSync(join(directory, manifestName)))
  } catch (cause) {
    const code = errnoOf(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent', cause }
    throw cause
  }
}

/** The same for the bytes of a manifest. */
export function inspectBytes(bytes: Buffer): Exclude<ManifestOnDisk, { readonly kind: 'absent' }> {
  const claims = parse(bytes.toString('utf8'))
  if (claims === null || !isSealed(bytes)) return { kind: 'changed', claims }
  const isOurs = isOfResult(claims) && 'version' in claims && claims.version === 1
  // The seal says that this program wrote it.
  return isOurs ? { kind: 'whole', manifest: claims as Manifest } : { kind: 'foreign' }
}

/** Is it, or was it before it was changed, the manifest of a result? */
export function isOfResult(claims: object | null): boolean {
  return claims !== null && 'format' in claims && claims.format === 'tallyman result'
}

/**
 * Reads a result's manifest.
 *
 * @throws {TallymanError} `not-found` where there is no result; `file-damaged` for a manifest that is none, or that was
 *   changed after it was written
 */
export function readManifest(directory: string): Manifest {
  const file = join(directory, manifestName)
  const found = inspectManifest(directory)
  switch (found.kind) {
    case 'whole':
      return found.manifest
    case 'absent':
      throw new TallymanError('not-found', `${directory} is no result: it has no ${manifestName}.`, {
        wayOut: 'Name the directory that `tallyman run` wrote, or a run.',
        cause: found.cause,
      })
    case 'foreign':
      throw new TallymanError('file-damaged', `${file} is of a version this tallyman cannot read.`, {
        wayOut: 'Read it with the version of tallyman that wrote it, or run the job again.',
      })
    case 'changed':
      if (!isOfResult(found.claims)) {
        throw new TallymanError('file-damaged', `${file} is not the manifest of a result.`)
      }
      throw new TallymanError(
        'file-damaged',
        `${file} is not as it was written: its bytes do not have the SHA-256 that its last line says.`,
        {
          wayOut:
            '`tallyman verify` says what else is wrong with the result. Run the job again, or get another copy.',
        },
      )
    default:
      return assertNever(found)
  }
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
