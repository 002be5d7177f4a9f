/**
 * What the page shows, as plain data that survives JSON: the server renders it, and a browser renders it again with each
 * update. Texts are as they are in the data: whoever shows them escapes them.
 */
import type { HowFar, RunStatus } from '../../run/index.ts'

/** How something stands, for its colour: never said by colour alone. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle'

/** A line of the list of runs. */
export interface RunLine {
  readonly id: string
  readonly job: string
  /** Null where it is not looked at yet. */
  readonly status: RunStatus | null
  /** The same in words. */
  readonly said: string
  readonly tone: Tone
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Milliseconds it was at work, in all its sessions; null where it has no plan. */
  readonly workedMs: number | null
  /** Share of the input that is read, 0 to 1; null where it has no plan. */
  readonly share: number | null
  readonly records: number | null
  readonly rejected: number | null
  readonly digest: string | null
}

/** The list of runs, newest first. */
export interface RunsView {
  readonly kind: 'runs'
  readonly folder: string
  readonly runs: readonly RunLine[]
  /** All there are. */
  readonly total: number
  /** The id after which the list goes on; null where it is at its end. */
  readonly next: string | null
  /** Of these runs, those that are still to be looked at. */
  readonly pending: number
}

/** Rows of one table of a result. */
export interface TableRowsView {
  readonly kind: 'table'
  readonly run: string
  readonly name: string
  readonly rows: number
  readonly complete: boolean
  /** The key's elements, then `value`. */
  readonly columns: readonly string[]
  readonly cells: readonly (readonly string[])[]
  /** What was looked for; empty for nothing. */
  readonly from: string
  readonly order: 'key' | 'value'
  /** Where the next page begins; null for none. */
  readonly nextByte: number | null
  /** Why there is nothing to be shown, or not what was asked for. */
  readonly problem: string | null
}

/** A result asked by SQL. */
export interface QueryView {
  readonly kind: 'query'
  readonly run: string
  readonly complete: boolean
  /** Empty before anything was asked. */
  readonly sql: string
  /** Their columns as a query takes them. */
  readonly tables: readonly { readonly name: string; readonly columns: readonly string[] }[]
  /** A query that takes longer is ended. */
  readonly msMax: number
  readonly columns: readonly string[]
  /** JSON texts. */
  readonly cells: readonly (readonly string[])[]
  /** Has the answer more rows than these? */
  readonly isCut: boolean
  readonly problem: string | null
}

/** What changed from another run's result to this one's. */
export interface DiffView {
  readonly kind: 'diff'
  readonly run: string
  /** The run it is compared with; null before one is chosen. */
  readonly other: string | null
  /** Are both results complete? */
  readonly complete: boolean
  /** Runs that can be chosen, newest first. */
  readonly others: readonly { readonly id: string; readonly said: string }[]
  /** Null where nothing was compared. */
  readonly isSame: boolean | null
  /** What changed beside the tables, and what did not. */
  readonly lines: readonly string[]
  readonly tables: readonly DiffTableView[]
  readonly problem: string | null
}

/** How the rows of one table changed. */
export interface DiffTableView {
  readonly name: string
  /** How many rows of what kind, in words. */
  readonly said: string
  readonly columns: readonly string[]
  /** The largest changes first: what kind, the key's JSON texts, the values' before and after, by how much. */
  readonly cells: readonly (readonly string[])[]
  /** How many more there are, in words. */
  readonly more: string | null
}

/** What is printed in a run. */
export interface LogView {
  readonly kind: 'log'
  readonly run: string
  /** The attempt that is shown alone; null for those that were begun last, newest first. */
  readonly of: string | null
  readonly isAtWork: boolean
  readonly printed: readonly PrintedView[]
}

/** The end of one log. */
export interface PrintedView {
  /** An attempt; `worker-0` or `threads` for what was printed outside of attempts. */
  readonly of: string
  readonly isRunning: boolean
  /** Of the lines, what can be shown as it is; the rest is escaped. */
  readonly text: string
  /** Has more been printed before? */
  readonly isCut: boolean
}

/** What a page shows. */
export type View = RunsView | RunView | TableRowsView | QueryView | DiffView | LogView

/** One run, while it is at work and for as long as its directory is there. */
export interface RunView {
  readonly kind: 'run'
  readonly line: RunLine
  /** What the job says of itself. */
  readonly description: string | null
  readonly params: readonly Pair[]
  readonly settings: readonly Pair[]
  /** Null where the run ended before it had a plan. */
  readonly progress: ProgressView | null
  readonly stages: readonly StageView[]
  readonly timeline: TimelineView | null
  /** Workers there are now, by seat. */
  readonly workers: readonly WorkerView[]
  /** Null for a run that is not on Spark. */
  readonly spark: SparkView | null
  /** Do workers share a process? Then so do memory and CPU. */
  readonly sharesProcess: boolean
  /** What workers hold together of memory and disk, and may. */
  readonly bounds: readonly Pair[]
  /** What bounds the run, in words; null where that cannot be told. */
  readonly bottleneck: string | null
  /** What was said last, as `paused: …`; null where nothing was, or it is over. */
  readonly note: string | null
  readonly shortfalls: readonly ShortfallView[]
  readonly fault: FaultView | null
  /** Newest first, at most 20. */
  readonly deaths: readonly DeathView[]
  readonly deathsTotal: number
  readonly rejected: RejectedView
  readonly counters: readonly Pair[]
  readonly reuse: ReuseView | null
  readonly inputs: InputsView | null
  readonly skew: SkewView | null
  readonly result: ResultView | null
  /** What the tables would be by now; null where nobody knows, and for a run that is not mapping. */
  readonly soFar: SoFarView | null
  /** What to type next. */
  readonly commands: readonly CommandView[]
}

/** A name and what is said of it, in words. Both may be from data. */
export interface Pair {
  readonly name: string
  readonly value: string
}

/** A command that is of use now, and what for: `follow it in a terminal`. */
export interface CommandView {
  readonly does: string
  readonly command: string
}

/** How far the map stage is. What is committed, and of a run at work what its attempts have said since; `emitted` is of the former alone. */
export interface ProgressView extends HowFar {
  readonly inputBytes: number
  readonly readBytes: number
  readonly records: number
  readonly rejected: number
  readonly emitted: number
  /** Bytes a second; null while there is nothing to go by, and for a run that is not at work. */
  readonly recentRate: number | null
  readonly wholeRate: number | null
}

/** A letter a cell: `.` waiting, `r` running, `d` done, `u` reused, `a` done after trouble, `x` in trouble and not done. */
export interface StageView {
  readonly name: 'map' | 'reduce'
  readonly tasks: number
  readonly done: number
  readonly running: number
  /** At most 1,000; each tells of the worst that `tasksPerCell` neighbours are in. */
  readonly cells: string
  readonly tasksPerCell: number
}

/** What each seat was at, in the last session. */
export interface TimelineView {
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
  readonly lanes: readonly LaneView[]
}

/** One seat of the pool, whichever workers sat there. */
export interface LaneView {
  readonly seat: number
  /** In order; neighbours that cannot be told apart at this scale are one. */
  readonly spans: readonly SpanView[]
}

/** An attempt, or several that are too short to be drawn one by one. */
export interface SpanView {
  /** Parts of the whole time, 0 to 1. */
  readonly from: number
  readonly to: number
  readonly how: 'map' | 'reduce' | 'failed' | 'given-up' | 'running'
  /** The task, or how many there are. */
  readonly what: string
}

/** A seat with its worker, or with an attempt whose worker is just gone. */
export interface WorkerView {
  readonly seat: number
  /** Cores its process used since the last look; null at the first, and for one that is gone. */
  readonly cores: number | null
  /** Memory of its process; null for one that is gone. */
  readonly bytes: number | null
  readonly isPaused: boolean
  /** What it is at; null where it waits. */
  readonly at: RunningView | null
}

/** An attempt at work, as its worker said last. `records` counts groups for a reduce attempt. */
export interface RunningView {
  readonly attempt: string
  readonly reads: string
  /** Milliseconds it has been at work. */
  readonly forMs: number
  readonly records: number
  readonly readBytes: number
  /** Bytes on disk of what it reads; null for a reduce attempt. */
  readonly ofBytes: number | null
}

/** What only Spark knows, of the last session. */
export interface SparkView {
  readonly master: string
  /** Null before the application stands, as its id. */
  readonly version: string | null
  readonly application: string | null
  /** Those that were lost first; at most 200. */
  readonly executors: readonly ExecutorView[]
  readonly executorsTotal: number
  readonly executorsLost: number
  /** Of the executors that are there. */
  readonly cores: number
  /** Attempts that were begun beside slow ones, and how many of these were first. */
  readonly speculative: number
  readonly speculativeFirst: number
  /** Bytes through the shuffle, as Spark compresses them. */
  readonly writtenBytes: number
  readonly readBytes: number
}

/** An executor of Spark's, on one host of the cluster. */
export interface ExecutorView {
  readonly executor: string
  readonly host: string
  readonly cores: number
  /** Attempts that were begun there. */
  readonly attempts: number
  /** Why it is gone; null while it is there. */
  readonly lost: string | null
}

/** What the result lacks, or would; a whole sentence. Nothing is committed while there is one that was not accepted. */
export interface ShortfallView {
  readonly message: string
  readonly wayOut: string | null
  readonly accepted: boolean
}

/** What went wrong, in whole sentences. */
export interface FaultView {
  readonly message: string
  readonly wayOut: string | null
}

/** An attempt that failed, with what its flight recorder had seen. */
export interface DeathView extends FaultView {
  readonly attempt: string
  readonly at: number
  readonly code: string
  readonly record: string | null
  /** Bytes of memory at its looks, oldest first; empty where there were none. */
  readonly memory: readonly number[]
  readonly limitBytes: number | null
  readonly repro: string
}

/** Records that the decoder or the mapper refused, in committed attempts. */
export interface RejectedView {
  readonly total: number
  /** The first of them, at most 20. */
  readonly first: readonly RejectedLine[]
}

/** Where it is, why it was refused, and how it begins. */
export interface RejectedLine {
  readonly place: string
  readonly reason: string
  readonly excerpt: string
}

/** Map tasks that an earlier run had done, of all. */
export interface ReuseView {
  readonly reused: number
  readonly of: number
  /** Why the others ran, and how many for each reason. */
  readonly others: readonly Pair[]
}

/** What the run reads. */
export interface InputsView {
  readonly files: number
  readonly members: number
  /** Null where the inputs are no series of days. */
  readonly calendar: CalendarView | null
  /** For inputs without a calendar: the first, at most 200. */
  readonly list: readonly InputLine[]
}

/** A file; what was read of it counts once its task is committed. */
export interface InputLine {
  readonly path: string
  readonly sizeBytes: number
  readonly records: number
  readonly rejected: number
}

/** A series of inputs by day. `pattern` is their name with the day as it is written there, as `geoTwitterYY-MM-DD.zip`. */
export interface CalendarView {
  readonly pattern: string
  readonly from: string
  readonly to: string
  readonly missing: number
  readonly days: readonly DayView[]
}

/** A day of the series, from all files of that day. */
export interface DayView {
  /** YYYY-MM-DD. */
  readonly day: string
  /** `free`: the series has no such days, as one of working days no Sundays. */
  readonly state: 'free' | 'missing' | 'waiting' | 'read' | 'rejected' | 'damaged'
  readonly records: number
}

/** What may keep the run waiting for one worker. Names are those of files, partitions and keys, values amounts in words. */
export interface SkewView {
  /** Slowest map tasks, at most 5. */
  readonly slowest: readonly Pair[]
  readonly medianMs: number
  /** Largest partitions by bytes spilled, at most 5. */
  readonly partitions: readonly Pair[]
  readonly spilledBytes: number
  /** Keys of which there was most to be reduced, at most 5. */
  readonly keys: readonly Pair[]
}

/** An answer so far. It is no result: nothing was checked to be complete. */
export interface SoFarView {
  /** What it rests on, as `12 of 366 map tasks, 3 % of the input`. */
  readonly restsOn: string
  /** What else is to be known of it; null for nothing. */
  readonly caution: string | null
  /** Titles of the job's charts, which are drawn of it. */
  readonly charts: readonly string[]
  /** Changes with the answer. */
  readonly edition: number
  readonly tables: readonly {
    readonly name: string
    readonly rows: number
    readonly columns: readonly string[]
    readonly top: readonly (readonly string[])[]
  }[]
}

/** What the run has committed. */
export interface ResultView {
  readonly directory: string
  readonly digest: string
  readonly complete: boolean
  /** Whether the files are still there, and this run's. */
  readonly isThere: boolean
  readonly tables: readonly TableView[]
  /** Titles of the charts that are drawn here. */
  readonly charts: readonly string[]
  /** Charts of the job that `tallyman plot` draws, and this page does not: their tables are large. */
  readonly chartsElsewhere: number
}

/** A table with its first rows, none where its file is no JSON lines or is not as it was written. */
export interface TableView {
  readonly name: string
  /** Whether its file is as it was written; null while that is looked at, which takes a moment where it is large. */
  readonly isAsWritten: boolean | null
  readonly file: string
  readonly rows: number
  readonly bytes: number
  /** The key's elements, then `value`. */
  readonly columns: readonly string[]
  /** JSON texts, one a column. */
  readonly head: readonly (readonly string[])[]
}
