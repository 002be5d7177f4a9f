import type {
  MapProgress,
  MapReport,
  RecordPlace,
  ReduceReport,
  Section,
  SkippedRecord,
} from '../flow/index.ts'
import type { Split } from '../input/index.ts'

/** Folder of a run's directory that has the indexes of its gzip files. */
export const indexFolderName = 'indexes'

/** What a map attempt does: read these splits, spill by partition. */
export interface MapWork {
  readonly kind: 'map'
  readonly splits: readonly Split[]
  readonly partitions: number
  readonly combineBytesMax: number
  /** Records to be rejected unseen, since they ended their worker before. */
  readonly skip: readonly SkippedRecord[]
  /** Whether each record's place is written down before it is mapped (`PlaceNote`), to be read after a death. */
  readonly careful: boolean
  /** Has an index written of each long gzip file that is read as a whole, with so much data between two cuts. */
  readonly indexEveryBytes?: number
  /** For an attempt that is run again to be looked at. */
  readonly replay?: Replayed
}

/** The record for whose sake an attempt is run again. */
interface Replayed {
  /** A debugger that is there stops in front of it. */
  readonly record: RecordPlace
  /** Whether no other record is mapped. */
  readonly alone: boolean
}

/** What a reduce attempt does: merge these spills, reduce, write part files. */
export interface ReduceWork {
  readonly kind: 'reduce'
  /** Named relative to the run's directory, in the order of their map tasks. */
  readonly spills: readonly Section[]
  readonly recordsExpected: number
}

/** One try of a task, as plain data: it survives JSON and closes over nothing. */
export interface Attempt {
  /** Unique in the run, for example `map-00012.1`. */
  readonly id: string
  /** Directory the attempt writes into, relative to the run's; made by the worker, committed by rename. */
  readonly directory: string
  readonly work: MapWork | ReduceWork
}

/** What an attempt that ended well has to say. */
export type AttemptReport =
  | { readonly kind: 'map'; readonly report: MapReport }
  | { readonly kind: 'reduce'; readonly report: ReduceReport }

/** How far an attempt is; sent now and then, never journaled. A reduce attempt has nothing but groups. */
export interface AttemptProgress extends MapProgress {
  /** Groups of equal keys that were merged; those of merges before the last count as well. A map attempt has none. */
  readonly groups: number
}
