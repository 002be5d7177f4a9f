/** What a map task's output depends on, in parts that can be told apart, and hashes of it. */
import type { SideFile, SideFileList } from '../../flow/index.ts'
import type { Split } from '../../input/index.ts'
import { plainJson } from '../../record/index.ts'
import { buildVersion } from '../package.ts'
import { surroundings } from '../surroundings.ts'
import { hashOf, identityOf } from './kept-files.ts'

/** Everything a map task's output depends on, in parts that can be told apart. */
export interface TaskIdentity {
  /** Absolute path of the job file: together with the splits, the place of a task. */
  readonly jobFile: string
  readonly codeSha256: string
  /** As typed. */
  readonly params: Readonly<Record<string, string>>
  /** What the job's schemas made of them, as JSON has it: a default may be another one tomorrow. */
  readonly resolved: Readonly<Record<string, unknown>>
  readonly partitions: number
  readonly splits: readonly Split[]
  /** SHA-256 of the inputs' content by path, which then counts in place of size, time and inode; null where nobody asked. */
  readonly contents: ReadonlyMap<string, string> | null
  /** From where the job sees the files that it reads itself (`seenFrom`). */
  readonly seenFrom: string
}

/** Why a task has to run: nothing that was kept fits it. */
export type MissReason =
  /** Nothing was ever kept for these inputs. */
  | 'new'
  | 'code-changed'
  /** Another version of tallyman, or the same on another Node, kept it: its decoders and reducers may be others. */
  | 'tallyman-changed'
  /** It was kept under another time zone or language, which dates and texts look like. */
  | 'surroundings-changed'
  | 'params-changed'
  /** A file that the job reads itself was written to, or replaced, or is more than can be told. */
  | 'side-file-changed'
  /** It was kept in another working directory, or by workers in containers or outside of them, and the job reads files itself, which may be others from here. */
  | 'seen-from-elsewhere'
  /** An input was written to, or replaced. */
  | 'input-changed'
  /** The number of partitions is another one. */
  | 'partitions-changed'
  /** It was kept, and is not there any more. */
  | 'cleaned'
  /** The run's tasks are done on Spark, where nothing that was kept is at hand. */
  | 'on-spark'
  /** The run was told not to use what is kept. */
  | 'not-wanted'

/** The parts of a task's identity, as the index keeps them. */
export interface IdentityHashes {
  readonly key: string
  readonly run: string
  readonly codeSha256: string
  /** Version and build of tallyman, and version of Node. */
  readonly tallyman: string
  /** Time zone and language. */
  readonly surroundings: string
  readonly params: string
  readonly partitions: number
  readonly inputs: string
  /** Files that the job had read itself, and the entry that depends on them as well; left out where there are none, and the entry is the key's. */
  readonly sideFiles?: readonly SideFile[]
  readonly entry?: string
  /** From where it had read them. */
  readonly seenFrom?: string
}

const tallyman = buildVersion()
const around = surroundings()

/** Where a task stands, whatever its inputs hold now. */
export function placeOf({ jobFile, splits }: TaskIdentity): string {
  return hashOf([
    jobFile,
    splits.map((split) => [
      split.kind,
      split.path,
      ...(split.kind === 'zip-member' ? [split.member] : rangeOf(split)),
    ]),
  ])
}

function rangeOf(split: Split): number[] {
  if (split.kind === 'gzip') return split.part === undefined ? [] : [split.part.start?.byte ?? 0]
  return split.kind === 'range' ? [split.startByte] : []
}

/** The parts, and the key over all of them. Pure, but for the versions and surroundings of this process. */
export function hashesOf(task: TaskIdentity, run: string): IdentityHashes {
  const { codeSha256, params, resolved, partitions, splits, contents } = task
  const parts = {
    codeSha256,
    tallyman,
    surroundings: around,
    params: hashOfParams(params, resolved),
    partitions,
    inputs: hashOf(
      splits.map(({ ordinal: _, identity, ...split }) => [
        contents?.get(split.path) ?? identityOf(identity),
        Object.entries(split),
      ]),
    ),
  }
  const key = hashOf([1, tallyman, around, codeSha256, parts.params, partitions, parts.inputs])
  return { key, run, ...parts }
}

/** The same once it is known what the job had read itself up to the end of the task. Pure. */
export function withSideFiles(
  parts: IdentityHashes,
  sideFiles: SideFileList | undefined,
  seenFrom: string,
): IdentityHashes {
  if (sideFiles == null) return parts
  const entry = hashOf([parts.key, sideFiles.map(({ path, identity }) => [path, identity])])
  return { ...parts, sideFiles, entry, seenFrom }
}

/** The name of the folder that has what was kept. */
export function entryOf({ key, entry = key }: IdentityHashes): string {
  return entry
}

/** Of one plan all tasks have the same. */
const paramsHashes = new WeakMap<
  TaskIdentity['params'],
  Pick<TaskIdentity, 'resolved'> & { readonly hash: string }
>()

function hashOfParams(params: TaskIdentity['params'], resolved: TaskIdentity['resolved']): string {
  const known = paramsHashes.get(params)
  if (known?.resolved === resolved) return known.hash
  const typed = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))
  const hash = hashOf([typed, JSON.parse(plainJson(resolved))])
  paramsHashes.set(params, { resolved, hash })
  return hash
}

/** Which part has changed first, of two identities with other keys. Pure. */
export function differenceOf(last: IdentityHashes, now: IdentityHashes): MissReason {
  if (last.codeSha256 !== now.codeSha256) return 'code-changed'
  if (last.tallyman !== now.tallyman) return 'tallyman-changed'
  if (last.surroundings !== now.surroundings) return 'surroundings-changed'
  if (last.params !== now.params) return 'params-changed'
  if (last.inputs !== now.inputs) return 'input-changed'
  return 'partitions-changed'
}
