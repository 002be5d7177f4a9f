import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { TallymanError } from '../../errors.ts'
import type { Confinement, LoadedJob } from '../../executor/index.ts'
import { type Discovery, type InputFile, packSplits, planSplits, type Split } from '../../input/index.ts'
import type { Expectation } from '../../job/index.ts'
import { countOf, showCount } from '../../quantities.ts'
import type { RunOptions } from '../options.ts'
import { buildVersion, packageVersion } from '../package.ts'
import type { Resources } from '../resources.ts'
import { identityOfTasks, seenFrom } from '../store/identity-of-tasks.ts'
import type { Reuse, Store } from '../store/store.ts'
import type { TaskIdentity } from '../store/task-identity.ts'
import { surroundings } from '../surroundings.ts'
import { cutByIndexes, withoutIndex } from './cut-by-index.ts'
import { fingerprint } from './fingerprint.ts'
import type { Plan, PlannedTask } from './plan.ts'
import { gzipPartBytesOf, taskSizeOf } from './task-size.ts'

/** What of the inputs is looked for, as user and job say it together. */
export function soughtOf(
  options: Pick<RunOptions, 'expect' | 'splitBytes' | 'spark'>,
  { description }: Pick<LoadedJob, 'description'>,
): { readonly expect: Expectation | null; readonly lines: boolean; readonly gzipPartBytes: number | null } {
  return {
    expect: options.expect ?? description.expect,
    lines: description.input.unit === 'line',
    gzipPartBytes: gzipPartBytesOf(options, description.input.unit),
  }
}

/** Pieces that plain files are cut into, beyond one each: what is known of all of them fits in 80 MB. */
const piecesMax = 250_000

/**
 * @throws {TallymanError} `usage` where pieces as short as was said would be more than the coordinator has room for; where nothing was said they
 *   are longer
 */
function boundedSplitBytes(
  wanted: number,
  { splitBytes: asked }: Pick<RunOptions, 'splitBytes'>,
  { files }: Discovery,
): number {
  let splitBytes = wanted
  const pieces = (): number =>
    files.reduce((sum, { kind, identity: { sizeBytes } }) => {
      return kind === 'plain' ? sum + Math.max(0, Math.ceil(sizeBytes / splitBytes) - 1) : sum
    }, 0)
  if (asked !== null && pieces() > piecesMax) {
    const count = showCount(pieces())
    while (pieces() > piecesMax) splitBytes *= 2
    throw new TallymanError(
      'usage',
      `Pieces of ${countOf(asked, 'byte')} would be ${count}, more than the ${showCount(piecesMax)} there may be.`,
      { wayOut: `Say --split ${Math.ceil(splitBytes / 1024)}K or more, or leave it out.` },
    )
  }
  while (pieces() > piecesMax) splitBytes *= 2
  return splitBytes
}

/** Below this much input a second partition costs more than it brings. */
const onePartitionBytesMax = 16 * 2 ** 20
const partitionsMax = 16
/** Each map task may leave a spill for each partition, and each is opened once: this bounds how many there are. */
const spillsMax = 100_000
/** On Spark nobody opens them, and all are known here: each takes some hundred bytes. */
const sparkSpillsMax = 500_000

/** What a plan is made of, once the job is loaded and the inputs are found. */
export interface PlanParts {
  readonly options: RunOptions
  /** Absolute path of the job file. */
  readonly jobFile: string
  readonly codeSha256: string
  readonly loaded: LoadedJob
  readonly confinement: Confinement | null
  readonly resources: Resources
  readonly discovery: Discovery
  /** What earlier runs kept. */
  readonly store: Store
  /** SHA-256 of each input's content by path; null where they are told apart by size, time and inode. */
  readonly contents: ReadonlyMap<string, string> | null
}

/** Cuts a job and its inputs into tasks, and looks for each whether an earlier run has done it. */
export function makePlan(parts: PlanParts): Plan {
  const { options, jobFile, codeSha256, loaded, resources, discovery, contents } = parts
  const { accept, params } = options
  const job = {
    path: options.job,
    file: jobFile,
    description: loaded.description,
    params: loaded.params,
    encodedParams: loaded.encodedParams,
    typedParams: params,
    codeSha256,
  }
  const { files, splits, tasks, partitions, splitBytes } = cutInputs(parts, job)
  const made = { engine: buildVersion(), surroundings: surroundings() }
  return {
    job,
    tallyman: packageVersion(),
    ...made,
    fingerprint: fingerprint({
      ...made,
      codeSha256,
      params,
      resolved: loaded.params,
      files: discovery.files,
      accept,
    }),
    discovery: { ...discovery, files },
    splits,
    tasks,
    partitions,
    isolation: options.isolation,
    image: options.image,
    confinement: parts.confinement,
    workers: resources.workers,
    memory: resources.memory,
    splitBytes,
    attemptsMax: options.attemptsMax,
    taskTimeoutMs: options.taskTimeoutMs,
    isPolite: options.isPolite,
    speculates: options.speculates,
    expect: soughtOf(options, loaded).expect,
    accept,
    badRecords: options.badRecords,
    contents: contents === null ? null : Object.fromEntries(contents),
    keepBytesMax: options.spark === null ? options.keepBytesMax : 0,
    spark: options.spark,
  }
}

/** Files with the indexes by which they are cut, if they are, and what they are cut into. */
type CutInputs = Pick<Plan, 'splits' | 'tasks' | 'partitions' | 'splitBytes'> & {
  readonly files: readonly InputFile[]
}

function cutInputs(parts: PlanParts, job: Plan['job']): CutInputs {
  const { options, loaded, discovery, contents } = parts
  const { unit } = loaded.description.input
  const splittable = unit === 'line'
  const size = taskSizeOf(options, discovery)
  const splitBytes = splittable ? boundedSplitBytes(size.splitBytes, options, discovery) : size.splitBytes
  const pack = (own: readonly Split[]): Split[][] => packSplits(own, size.packBytes, size.filesApartMax)
  const cutting = { splitBytes, splittable }
  const cutFiles = cutByIndexes(
    discovery.files,
    parts.store,
    contents,
    soughtOf(options, loaded).gzipPartBytes,
  )
  const cutSplits = planSplits(cutFiles, cutting)
  const cutTasks = pack(cutSplits)
  const partitions = choosePartitions(discovery, cutTasks.length, options.spark !== null)
  const identity = identityOfTasks(job, {
    partitions,
    contents,
    seenFrom: seenFrom(options.isolation, options.cwd),
  })
  const findWhole = (file: InputFile): Reuse =>
    findKept(parts, { ...identity, splits: planSplits([withoutIndex(file)], cutting) })
  // What was made of a whole file is as good as what would be made of its parts.
  const files = cutFiles.map((file) =>
    file.index !== undefined && findWhole(file).kind === 'kept' ? withoutIndex(file) : file,
  )
  const isAsCut = files.every((file, place) => file === cutFiles[place])
  const splits = isAsCut ? cutSplits : planSplits(files, cutting)
  const indexed = new Map(files.flatMap((file) => (file.index === undefined ? [] : [[file.path, file]])))
  const find = (own: readonly Split[]): Reuse => {
    const reuse = findKept(parts, { ...identity, splits: own })
    const file = indexed.get(own[0]!.path)
    return file !== undefined && reuse.kind === 'run' && reuse.why === 'new' ? findWhole(file) : reuse
  }
  return { files, splits, tasks: toTasks(isAsCut ? cutTasks : pack(splits), find), partitions, splitBytes }
}

function toTasks(
  packed: readonly (readonly Split[])[],
  find: (splits: readonly Split[]) => Reuse,
): PlannedTask[] {
  let firstSplit = 0
  return packed.map((splits) => {
    const task = { firstSplit, endSplit: firstSplit + splits.length, reuse: find(splits) }
    firstSplit = task.endSplit
    return task
  })
}

function findKept({ options, store }: PlanParts, task: TaskIdentity): Reuse {
  if (options.spark !== null) return { kind: 'run', why: 'on-spark' }
  return options.reuse ? store.find(task) : { kind: 'run', why: 'not-wanted' }
}

/**
 * How many partitions there are depends on the input alone, so that other workers can use what these kept; and in
 * powers of two, so that one more file seldom changes it.
 */
function choosePartitions({ files }: Discovery, tasks: number, isOnSpark: boolean): number {
  const bytes = files.reduce((sum, { identity }) => sum + identity.sizeBytes, 0)
  if (bytes <= onePartitionBytesMax) return 1
  // A cluster has more cores to reduce on, and opens what a reduce task fetches but once.
  const wanted = isOnSpark
    ? 2 ** Math.min(9, Math.max(4, Math.ceil(Math.log2(bytes / 2 ** 31))))
    : partitionsMax
  const most = isOnSpark ? sparkSpillsMax : spillsMax
  let partitions = wanted
  while (partitions > 1 && partitions * tasks > most) partitions /= 2
  return partitions
}

/** SHA-256 of every input's content, in hex. Cost: reads all of them once. */
export async function hashContents(
  files: readonly InputFile[],
  locate: (path: string) => string | Buffer,
  stop?: AbortSignal,
): Promise<Map<string, string>> {
  const contents = new Map<string, string>()
  for (const { path } of files) {
    const hash = createHash('sha256')
    await pipeline(createReadStream(locate(path)), hash, stop === undefined ? {} : { signal: stop })
    contents.set(path, hash.digest('hex'))
  }
  return contents
}
