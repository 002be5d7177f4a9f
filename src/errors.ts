/**
 * Every error tallyman raises on purpose: a stable code, whether another attempt may succeed, and what the
 * user can do about it. A code is part of the public surface: scripts match on it, so it is never renamed.
 */
import { constants } from 'node:os'

/** What a code means for the attempt that raised it. */
interface ErrorRule {
  /** May the same work succeed on a fresh worker? */
  readonly retry: boolean
}

const once: ErrorRule = { retry: false }
const again: ErrorRule = { retry: true }

const rules = {
  /** The command line is wrong. */
  usage: once,
  /** A job file, or the module of a web app, does not load, or what it exports is none. */
  'job-invalid': once,
  /** A parameter has a wrong value. */
  'param-invalid': once,
  /** A key is not one of the legal keys. */
  'key-invalid': once,
  /** A value cannot be stored or written. */
  'value-invalid': once,
  /** The user's map, setup, flush or reducer threw, or a web app of theirs ended. */
  'job-threw': once,
  /** An input cannot be found or opened. */
  'input-missing': once,
  /** An input is damaged: what was read up to there cannot be trusted to be whole. */
  'input-damaged': once,
  /** An input uses something tallyman cannot read (an encrypted member, an unknown method). */
  'input-unsupported': once,
  /** An input is not the one that was planned: it changed in size or time. */
  'input-changed': once,
  /** Something about an input was changed while it was read, perhaps its bytes: it is to be read again. */
  'input-touched': again,
  /** A file tallyman wrote itself (spill, part file, journal) fails its checksum. */
  'file-damaged': again,
  /** A worker crashed before its attempt ended. */
  'worker-died': again,
  /** A worker was ended from outside, by a signal that nobody here sent. */
  killed: again,
  /** The job's own code ended its worker: process.exit(). */
  'job-exited': again,
  /** A worker ran out of heap. */
  'out-of-memory': again,
  /** A worker was ended since the run held more memory than it may. */
  'memory-limit': again,
  /** A worker was ended since it had started more processes than it may. */
  'process-limit': again,
  /** An attempt made no progress for --task-timeout: an endless loop, or a wait that never ends. */
  'no-progress': again,
  /** A limit on processes or threads, or on open files, was reached. */
  'limit-reached': again,
  /** A second attempt at the same task gave other bytes than the first. */
  'not-deterministic': once,
  /** A worker said something that is not in the protocol. */
  'protocol-broken': again,
  /** No container engine can be used here, or it does not start a container. */
  'engine-unfit': again,
  /** The container engine was asked something, and does not answer: another question would wait as long. */
  'engine-silent': once,
  /** The way from here to a page on another machine is broken at a link. */
  'tunnel-broken': once,
  /** The disk, or a quota on it, is full: no other attempt finds more room. */
  'disk-full': once,
  /** Any other operating system error. */
  io: again,
  /** The place a result should go to is taken. */
  'result-exists': once,
  /** A run, a result or a table that was named does not exist. */
  'not-found': once,
  /** A package that only some commands need is not installed, or does not load. */
  'package-missing': once,
  /** A promise tallyman makes to itself was broken: a defect to report. */
  internal: once,
} as const satisfies Record<string, ErrorRule>

/** Stable name of a kind of error. */
export type ErrorCode = keyof typeof rules

/** What an error may carry besides its message. */
export interface ErrorDetails {
  /** What the user can do now, as a whole sentence. */
  readonly wayOut?: string
  /** For `file-damaged`: which file, as it was named when it was opened. */
  readonly file?: string
  readonly cause?: unknown
}

/**
 * An error with a stable code and a way out. The message names its subject first and quotes the values received.
 *
 * @example
 * ```ts
 * import { TallymanError } from 'tallyman'
 *
 * const error = new TallymanError('usage', 'Option "--workers" is "many"; it takes a whole number.', {
 *   wayOut: 'Say for example --workers 4.',
 * })
 * console.log(error.code) // usage
 * ```
 */
export class TallymanError extends Error {
  override readonly name = 'TallymanError'
  readonly code: ErrorCode
  readonly wayOut: string | undefined
  readonly file: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.wayOut = details.wayOut
    this.file = details.file
  }
}

/** An error as plain data: it crosses threads, processes and the journal. */
export interface Fault {
  readonly code: ErrorCode
  readonly message: string
  readonly wayOut?: string
  /** For `file-damaged`: which file. */
  readonly file?: string
  /** For what came too late: the attempt before this one whose map had started it, so that what it wrote lacks something. */
  readonly lateFrom?: string
  /** Stack of the user's or the engine's code, where it helps. */
  readonly stack?: string
}

/** May an attempt that failed with this code succeed on a fresh worker? */
export function mayRetry(code: ErrorCode): boolean {
  return rules[code].retry
}

/** Operating system errors that have a code of their own here; every other one is `io`. */
const errnoCodes: ReadonlyMap<string, ErrorCode> = new Map([
  ['ENOSPC', 'disk-full'],
  ['EDQUOT', 'disk-full'],
  ['EFBIG', 'disk-full'],
  ['EAGAIN', 'limit-reached'],
  ['EMFILE', 'limit-reached'],
  ['ENFILE', 'limit-reached'],
  ['ENOMEM', 'limit-reached'],
])

/**
 * Errors of network disks, quotas and file systems that Node has no name for: it says `UNKNOWN`, or `Unknown system error
 * -122`, and what it was is only in the number (errno(3), Linux).
 */
const unnamed: ReadonlyMap<number, readonly [name: string, words: string]> = new Map([
  [constants.errno.EDQUOT, ['EDQUOT', 'disk quota exceeded']],
  [constants.errno.ESTALE, ['ESTALE', 'stale file handle']],
  [117, ['EUCLEAN', 'structure needs cleaning']],
  [121, ['EREMOTEIO', 'remote i/o error']],
])

function nameOf(error: Error): readonly [name: string, words: string] | undefined {
  return 'errno' in error && typeof error.errno === 'number' ? unnamed.get(-error.errno) : undefined
}

/** What the system calls what went wrong, such as `ENOENT`; undefined for an error that has no code. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return undefined
  return nameOf(error)?.[0] ?? error.code
}

const unknownError = /^(UNKNOWN: unknown error|Unknown system error -\d+(: Unknown system error -\d+)?)/

/** What anything thrown says of itself. Never throws: a job may throw what has no text. */
export function messageOf(thrown: unknown): string {
  try {
    const text = textOf(thrown)
    return text.length <= messageLengthMax ? text : `${text.slice(0, messageLengthMax)}…`
  } catch {
    return 'something that has no text'
  }
}

/** A job may throw anything, also an error with its whole input in it: nobody reads more. */
const messageLengthMax = 10_000

function textOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const name = nameOf(thrown)
  return name === undefined
    ? String(thrown.message)
    : String(thrown.message).replace(unknownError, name.join(': '))
}

/** The stack of an error, to be spread into plain data; nothing where it has none. Never throws: the stack is made when it is read. */
export function stackOf(error: Error): { readonly stack?: string } {
  try {
    return typeof error.stack === 'string' ? { stack: error.stack } : {}
  } catch {
    return {}
  }
}

/** What to do where the system has no more to give, by what it says. */
const exhaustions: ReadonlyMap<string, string> = new Map([
  [
    'EMFILE',
    'Allow more open files (ulimit -n), or fewer workers (--workers); a job closes what it opens, files and sockets, once it is read.',
  ],
  ['ENFILE', 'The whole machine has too many files open: see who has them (lsof), or try again later.'],
  [
    'EAGAIN',
    'Ask for fewer workers (--workers), start fewer programs in the job, or raise the limit (ulimit -u).',
  ],
  [
    'ENOMEM',
    'Give the run fewer workers (--workers) or less memory (--memory), or free some on this machine.',
  ],
  ['ENOSPC', 'Free some space where that is written to.'],
  ['EDQUOT', 'Free some of what you keep there: a quota is used up.'],
  ['EFBIG', 'Allow larger files (ulimit -f), or write to a disk that takes such.'],
])

/**
 * What was thrown, where it is the system that has no more files, processes, memory or disk to give: then whoever met it did
 * nothing wrong, and when it is met depends on what else runs. Null for everything else.
 */
export function exhaustionOf(error: unknown): Fault | null {
  const errno = errnoOf(error)
  if (errno === undefined || !exhaustions.has(errno)) return null
  // A socket or a pipe says the same where nothing is wrong.
  const isProgram = error instanceof Error && 'syscall' in error && String(error.syscall).startsWith('spawn')
  return errno === 'EAGAIN' && !isProgram ? null : toFault(error)
}

/** Turns anything thrown into plain data. Never throws. */
export function toFault(error: unknown): Fault {
  if (error instanceof TallymanError) {
    const origin = error.cause instanceof Error ? error.cause : error
    return {
      code: error.code,
      message: error.message,
      ...(error.wayOut === undefined ? {} : { wayOut: error.wayOut }),
      ...(error.file === undefined ? {} : { file: error.file }),
      ...stackOf(origin),
    }
  }
  if (!(error instanceof Error))
    return { code: 'internal', message: `Something that is no error was thrown: ${messageOf(error)}` }
  const errno = errnoOf(error)
  const code = errno === undefined ? 'internal' : (errnoCodes.get(errno) ?? 'io')
  const wayOut = exhaustions.get(errno ?? '')
  return { code, message: messageOf(error), ...(wayOut === undefined ? {} : { wayOut }), ...stackOf(error) }
}

/** A fault that crossed a channel, as the error it was. */
export function errorOf(fault: Fault): TallymanError {
  const error = new TallymanError(
    fault.code,
    fault.message,
    fault.wayOut === undefined ? {} : { wayOut: fault.wayOut },
  )
  if (fault.stack !== undefined) error.stack = fault.stack
  return error
}

/** Fails to compile when a `switch` over a closed union misses a case; throws if one slips through anyway. */
export function assertNever(value: never): never {
  throw new TallymanError('internal', `Unexpected value ${JSON.stringify(value)}.`)
}
