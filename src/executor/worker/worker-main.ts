import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers'
import { pathToFileURL } from 'node:url'
import { assertNever, exhaustionOf, type Fault, messageOf, TallymanError, toFault } from '../../errors.ts'
import {
  type MapReport,
  type RecordPlace,
  type RecordSource,
  type ReduceReport,
  runMapTask,
  runReduceTask,
} from '../../flow/index.ts'
import { indexNameOf, memberOf, openSplit, type Split, startByteOf, wantsIndex } from '../../input/index.ts'
import { type AnyJob, describeJob, isJob, jobTables, recordUse } from '../../job/index.ts'
import {
  type Attempt,
  type AttemptProgress,
  type AttemptReport,
  indexFolderName,
  type MapWork,
  type ReduceWork,
} from '../attempt.ts'
import type { WorkerChannel } from '../channel.ts'
import type { LoadedJob, LoadOrder, ToWorker } from '../messages.ts'
import { PlaceNote } from '../place-note.ts'
import { changedBuiltIns } from './built-ins.ts'
import { explained as explainedInContainer, explainInContainer } from './container-hints.ts'
import { FileStorage } from './file-storage.ts'
import { onlyRecord } from './only-record.ts'
import { workedMs } from './own-time.ts'
import { encodeParams, paramsOf } from './params.ts'
import { SideFiles } from './side-files.ts'
import { Unawaited } from './unawaited.ts'
import { flowKernels } from './wasm-kernels.ts'
import { whatThereIs } from './what-there-is.ts'
import { checkZoneOfThread } from './zone-of-thread.ts'

type OpenOptions = NonNullable<Parameters<typeof openSplit>[3]>

/** Milliseconds between two progress messages of one attempt. */
const progressEveryMs = 100
/** How long a task's loop may keep messages and timers waiting. */
const breatheEveryMs = 10
/**
 * Milliseconds on a clock that nobody sets: neither whoever sets that of the machine, nor a job that puts a time of its own in the place of
 * `Date.now`, so that its runs are all the same.
 */
const now = performance.now.bind(performance)

/**
 * What runs inside every worker, whatever kind it is: loads the job once, then runs one attempt after another. User
 * code runs here and nowhere else.
 *
 * @param leave ends the worker; called after it has reported a failure outside any attempt
 */
export function serve(channel: WorkerChannel, leave: () => void): void {
  const worker = new WorkerLife(channel, leave)
  channel.listen((message) => worker.take(message))
  // A failure that nobody awaited: the attempt at hand can't be trusted any more, nor can this worker.
  process.on('uncaughtException', (error) => worker.failOutside(error))
}

/** The job as this worker holds it. */
interface Loaded {
  readonly job: AnyJob
  readonly params: LoadedJob['params']
  readonly order: LoadOrder
  /** How its map uses a record; null where it may do anything with it. */
  readonly use: ReturnType<typeof recordUse>
}

class WorkerLife {
  readonly #channel: WorkerChannel
  readonly #leave: () => void
  /** Before the job is loaded, which may change it. */
  readonly #cwd: string
  #loaded: Loaded | null = null
  #attempt: string | null = null
  readonly #unawaited: Unawaited
  readonly #sideFiles = new SideFiles()
  /** What a map attempt emitted too late, maybe when it had ended: whatever is run here from then on fails with it. */
  #late: { readonly from: string; readonly error: TallymanError } | null = null

  constructor(channel: WorkerChannel, leave: () => void) {
    this.#channel = channel
    this.#leave = leave
    this.#unawaited = new Unawaited(channel)
    this.#cwd = channel.cwd ?? process.cwd()
  }

  take(message: ToWorker): void {
    switch (message.type) {
      case 'load':
        void this.#load(message.order)
        return
      case 'run':
        void this.#run(message.attempt)
        return
      default:
        assertNever(message)
    }
  }

  failOutside(error: unknown): void {
    // Between two attempts there is nothing that could fail for what comes too late: the next one does.
    if (this.#attempt === null && this.#late !== null) return
    if (this.#channel.isInContainer === true) explainInContainer(error)
    const reason = messageOf(error)
    const fault = toFault(
      new TallymanError('job-threw', `Something the job started and did not await failed: ${reason}`, {
        wayOut: 'Await every promise in map, setup and flush, and handle the errors of streams and timers.',
        cause: error,
      }),
    )
    if (this.#attempt !== null) this.#fail(this.#attempt, fault)
    else if (this.#loaded === null) this.#channel.send({ type: 'refused', fault })
    else this.#channel.send({ type: 'broken', fault })
    this.#leave()
  }

  async #load(order: LoadOrder): Promise<void> {
    try {
      this.#sideFiles.watch()
      const own = await importJob(order)
      checkZoneOfThread()
      const job = this.#channel.isInContainer === true ? explainedInContainer(own) : own
      const params = await paramsOf(job, order)
      this.#loaded = { job, params, order, use: recordUse(job.map) }
      const encodedParams = encodeParams(params)
      this.#channel.send({ type: 'loaded', job: { description: describeJob(job), params, encodedParams } })
    } catch (error) {
      if (this.#channel.isInContainer === true) explainInContainer(error)
      this.#channel.send({ type: 'refused', fault: toFault(error) })
    }
  }

  async #run(attempt: Attempt): Promise<void> {
    const { id } = attempt
    this.#attempt = id
    this.#channel.streams.mark(id)
    try {
      const startMs = workedMs()
      const report = await this.#perform(attempt)
      if (this.#late !== null) throw this.#late.error
      checkZoneOfThread()
      this.#attempt = null
      this.#channel.send({ type: 'done', id, report, workMs: workedMs() - startMs })
    } catch (error) {
      this.#attempt = null
      this.#fail(id, explained(toFault(error)))
    }
  }

  #fail(id: string, fault: Fault): void {
    const from = this.#late?.from ?? id
    this.#channel.send({ type: 'failed', id, fault: from === id ? fault : { ...fault, lateFrom: from } })
  }

  #perform(attempt: Attempt): Promise<AttemptReport> {
    const { work } = attempt
    return work.kind === 'map' ? this.#map(attempt, work) : this.#reduce(attempt, work)
  }

  async #map(attempt: Attempt, work: MapWork): Promise<AttemptReport> {
    const loaded = this.#requireJob()
    const { job, params, order } = loaded
    const pulse = new Pulse(this.#channel, attempt.id)
    const storage = new FileStorage(order.runDirectory, attempt.directory)
    const { replay } = work
    const note = work.careful ? new PlaceNote(join(order.runDirectory, attempt.directory)) : null
    const report = await runMapTask({
      job,
      params,
      sources: work.splits.map((split) => {
        const source = sourceOf(split, loaded, {
          cwd: this.#cwd,
          indexFolder: join(order.runDirectory, indexFolderName),
          index: indexOrder(split, work, storage),
        })
        return replay?.alone === true ? onlyRecord(source, replay.record.byte) : source
      }),
      partitions: work.partitions,
      combineBytesMax: work.combineBytesMax,
      kernels: flowKernels,
      storage,
      skip: work.skip,
      ...(note === null
        ? {}
        : {
            onRecord: (place) => {
              note.write(place)
              if (replay !== undefined && isSame(place, replay.record)) stopInDebugger()
            },
          }),
      tick: (progress) => pulse.beat({ ...progress, groups: 0 }),
      pressure: this.#channel.streams.pressure,
      settle: this.#unawaited.begin(),
      onLate: (error) => {
        this.#late ??= { from: attempt.id, error }
      },
    })
    note?.remove()
    return { kind: 'map', report: this.#withSideFiles(report) }
  }

  async #reduce(attempt: Attempt, work: ReduceWork): Promise<AttemptReport> {
    const { job, order } = this.#requireJob()
    const pulse = new Pulse(this.#channel, attempt.id)
    const report = await runReduceTask({
      tables: jobTables(job),
      spills: work.spills,
      recordsExpected: work.recordsExpected,
      kernels: flowKernels,
      storage: new FileStorage(order.runDirectory, attempt.directory),
      tick: async (groups) => {
        await pulse.beat({ readBytes: 0, bytes: 0, records: 0, rejected: 0, groups })
      },
    })
    return { kind: 'reduce', report: this.#withSideFiles(report) }
  }

  #withSideFiles<R extends MapReport | ReduceReport>(report: R): R {
    const sideFiles = this.#sideFiles.list()
    return sideFiles === undefined ? report : { ...report, sideFiles }
  }

  #requireJob(): Loaded {
    if (this.#loaded === null)
      throw new TallymanError('internal', 'A worker was given an attempt before a job.')
    return this.#loaded
  }
}

/** Tells the coordinator now and then that an attempt goes on, and lets messages in: a task is one long loop otherwise. */
class Pulse {
  readonly #channel: WorkerChannel
  readonly #id: string
  #toldAtMs = now()
  #breathedAtMs = now()

  constructor(channel: WorkerChannel, id: string) {
    this.#channel = channel
    this.#id = id
  }

  /** Called often; returns a promise only where it is time to breathe. */
  beat(progress: AttemptProgress): Promise<void> | undefined {
    const nowMs = now()
    const { streams } = this.#channel
    if (nowMs - this.#breathedAtMs < breatheEveryMs && !streams.pressure.isFelt) return undefined
    this.#breathedAtMs = nowMs
    if (nowMs - this.#toldAtMs >= progressEveryMs) {
      this.#toldAtMs = nowMs
      this.#channel.send({ type: 'progress', id: this.#id, progress })
    }
    return streams.catchUp() ?? breathe()
  }
}

/** An error that should not be: where the job has changed what the worker is made of, that is why. */
function explained(fault: Fault): Fault {
  if (fault.code !== 'internal') return fault
  const changed = changedBuiltIns()
  if (changed === '') return fault
  return {
    ...fault,
    code: 'job-threw',
    message: `The job has put something of its own in the place of ${changed}, and then this failed: ${fault.message}`,
    wayOut: 'Leave what is built in as it is, or give it back before map returns.',
  }
}

function isSame(left: RecordPlace, right: RecordPlace): boolean {
  return left.ordinal === right.ordinal && left.byte === right.byte
}

/** A debugger stops here; the record is mapped as soon as this has returned. Does nothing without one. */
function stopInDebugger(): void {
  // biome-ignore lint/suspicious/noDebugger: `repro --inspect` promises to stop at the record.
  debugger
}

function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Of an attempt that is run again at one record, a file may not be read to its end. */
function indexOrder(
  split: Split,
  { indexEveryBytes, replay }: MapWork,
  storage: FileStorage,
): NonNullable<OpenOptions['index']> | null {
  if (indexEveryBytes === undefined || replay !== undefined || !wantsIndex(split, indexEveryBytes))
    return null
  return { everyBytes: indexEveryBytes, create: () => storage.create(indexNameOf(split)) }
}

function sourceOf(split: Split, { job, use }: Loaded, options: OpenOptions): RecordSource {
  return {
    ordinal: split.ordinal,
    path: split.path,
    member: memberOf(split),
    fromStart: startByteOf(split) === 0,
    open: () => openSplit(split, job.input, job.input.decoder(use), options),
  }
}

/** Node says of a module that it cannot open that there is none, whatever the reason. Throws where no file can be opened. */
function requireFiles(): void {
  closeSync(openSync('/dev/null', 'r'))
}

async function importJob({ bundleFile, jobName }: LoadOrder): Promise<AnyJob> {
  let module: { readonly default?: unknown }
  try {
    module = await import(pathToFileURL(bundleFile).href)
  } catch (error) {
    // Where there are no files to be had, as where another thread has taken them all, the job is not to blame.
    if (error instanceof TallymanError || exhaustionOf(error) !== null) throw error
    requireFiles()
    const reason = messageOf(error)
    throw new TallymanError('job-invalid', `${jobName} could not be loaded: ${reason}`, {
      wayOut: whatThereIs(reason) ?? 'Mend what it does when it is imported.',
      cause: error,
    })
  }
  if (isJob(module.default)) return module.default
  const what =
    module.default === undefined
      ? 'has no default export'
      : 'exports something else than a job as its default'
  throw new TallymanError('job-invalid', `${jobName} ${what}.`, {
    wayOut: 'Say `export default defineJob({ … })`.',
  })
}
