/** What planning finds out about a run's inputs, as plain data that survives JSON. */
import type { ErrorCode } from '../../errors.ts'
import type { FileIdentity, GzipCut, ZipMemberPlace } from '../split.ts'

/** A file of an archive, as the central directory describes it. */
export interface ZipMember extends ZipMemberPlace {
  /** Bytes that are not UTF-8 are kept as lone surrogates (see `path-bytes.ts`). It names a member, never a file. */
  readonly name: string
  readonly encrypted: boolean
}

/** A file whose records the run reads. */
export interface InputFile {
  /** As named, or as named joined with what was found below; relative to the directory the run was started in. */
  readonly path: string
  readonly identity: FileIdentity
  /** By the file's first bytes, never by its name. */
  readonly kind: 'plain' | 'gzip' | 'zip'
  /** The members to read, by bytes of their names; empty for what is no zip archive. */
  readonly members: readonly ZipMember[]
  /** Where a gzip file may be cut, in order; left out where there is no such place, or none was looked for. */
  readonly cuts?: readonly GzipCut[]
  /** Name of the gzip file's index, where the cuts are from that. */
  readonly index?: string
}

/** An expected input that cannot be read to its end. A result that lacks it is committed only when it is accepted by name. */
export interface InputProblem {
  /** The file; for a missing day the day, YYYY-MM-DD; for what concerns a whole series its pattern. */
  readonly path: string
  readonly member: string | null
  /** Where in the file the trouble was met; null where no place can be told. */
  readonly byte: number | null
  readonly code: ErrorCode
  /** Whole sentence, subject first. */
  readonly message: string
  readonly wayOut?: string
}

/** Something that was found and is not read. */
export interface IgnoredInput {
  /** A file or directory as shown to people, or `archive!member`. */
  readonly path: string
  /** Why, as the rest of a sentence that begins with the path: `is hidden (…)`. */
  readonly reason: string
}

/** Files of consecutive days under one name. */
export interface Series {
  /** The name with the day's place written out: `geoTwitterYY-MM-DD.zip`. */
  readonly pattern: string
  /** First expected day, YYYY-MM-DD. */
  readonly from: string
  /** Last expected day, inclusive. */
  readonly to: string
  /** Expected days without a file, in order. */
  readonly missing: readonly string[]
}

/** All that planning found. */
export interface Discovery {
  /** By bytes of the absolute path, each file once. */
  readonly files: readonly InputFile[]
  /** By bytes of their paths, as the problems are. */
  readonly ignored: readonly IgnoredInput[]
  readonly problems: readonly InputProblem[]
  /** Harmless, but worth saying. Whole sentences. */
  readonly notes: readonly string[]
  /** The longest series among the files; null where there is none. */
  readonly series: Series | null
}
