import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import pc from 'picocolors'
import { errnoOf, type Fault, messageOf, TallymanError, toFault } from '../errors.ts'
import { printableLines } from '../printable.ts'
import { framesOutside, type RunDirectory, userFrames } from '../run/index.ts'
import { Frame, together } from './frame.ts'

const { createColors } = pc

/** Where a command reads its surroundings from and writes to: stdout is for results, stderr for people. */
export interface Terminal {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Is stderr a terminal that can move its cursor, and somebody in front of it? */
  readonly isLive: boolean
  /** Columns of the terminal that stderr is; 80 where it is none. */
  readonly columns: number
  /** Rows of it; 24 where it is none. */
  readonly rows: number
  /** Columns of the terminal that stdout is; infinite where it is none. */
  readonly outColumns: number
  /** For what is said; what goes to stdout is never coloured. */
  readonly colors: ReturnType<typeof createColors>
  /** Writes a line to stdout. Does nothing once whoever reads it has gone. */
  out(line: string): void
  /** Writes a line to stderr; a status is put back below it. */
  say(line: string): void
  /** Shows a line, or some, that the next ones replace; null takes them away. Does nothing where `isLive` is false. */
  status(lines: string | readonly string[] | null): void
  /** In a process that carries on a detached run alone: the run has begun, and whoever started it need not wait any longer. */
  letGo?(run: RunDirectory): void
}

/** The terminal this process was started in. Called once. */
export function openTerminal(): Terminal {
  const { env, stdout, stderr } = process
  const isLive = stderr.isTTY === true && env.TERM !== 'dumb' && !isCi(env.CI)
  const writeError = writerTo(stderr, () => undefined)
  const writeOut = writerTo(stdout, (error) => {
    writeError(`Error: stdout takes no more of what is written to it: ${reasonOf(error)}.\n`)
    process.once('exit', (code) => {
      if (code === 0) process.exitCode = 1
    })
  })
  const columnsNow = (): number => stderr.columns ?? columnsDefault
  const frame = new Frame()
  let shown: readonly string[] = []
  const clear = (): void => {
    const text = frame.clear(columnsNow())
    if (text !== '') writeError(text)
  }
  if (isLive) guardFrame(frame, clear)
  return {
    get cwd() {
      return currentFolder()
    },
    env,
    isLive,
    get columns() {
      return columnsNow()
    },
    get rows() {
      return stderr.rows ?? rowsDefault
    },
    get outColumns() {
      return stdout.columns ?? Number.POSITIVE_INFINITY
    },
    // no-color.org: present and not empty.
    colors: createColors(isLive && (env.NO_COLOR ?? '') === ''),
    out: (line) => {
      clear()
      shown = []
      writeOut(`${line}\n`)
    },
    say: (line) => {
      if (frame.isEmpty) writeError(`${line}\n`)
      // In one piece: what is shown does not flicker.
      else writeError(together(`${frame.clear(columnsNow())}${line}\n${frame.show(shown, columnsNow())}`))
    },
    status: (lines) => {
      if (!isLive) return
      shown = lines === null ? [] : typeof lines === 'string' ? [lines] : lines
      const text = shown.length === 0 ? frame.clear(columnsNow()) : frame.show(shown, columnsNow())
      if (text !== '') writeError(together(text))
    },
  }
}

const columnsDefault = 80
const rowsDefault = 24

/** Nobody watches what moves there, terminal or not. */
function isCi(text: string | undefined): boolean {
  return text !== undefined && !['', '0', 'false'].includes(text)
}

/** Takes a frame away however this process ends, as far as it can be told. */
function guardFrame(frame: Frame, clear: () => void): void {
  // Also where it ends by an error that nobody caught: that is printed after this.
  process.once('exit', clear)
  // It was suspended, and whatever the shell wrote meanwhile is between the frame and the cursor.
  process.on('SIGCONT', () => frame.forget())
}

function currentFolder(): string {
  try {
    return process.cwd()
  } catch (cause) {
    throw new TallymanError('io', 'The directory this was started in is not there any more.', {
      wayOut: 'Go to one that is, and start again.',
      cause,
    })
  }
}

/**
 * Writes to a stream for as long as it takes anything. Whoever reads it may have enough (`tallyman show | head`), or be a
 * terminal that was closed, or a file on a full disk: that ends what is said, never what is done.
 *
 * @param broken told of an error that is not that of a reader who has gone
 */
function writerTo(
  stream: NodeJS.WriteStream,
  broken: (error: NodeJS.ErrnoException) => void,
): (text: string) => void {
  let isOpen = true
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!isOpen) return
    isOpen = false
    if (error.code !== 'EPIPE' && !(stream.isTTY && error.code === 'EIO')) broken(error)
  })
  return (text) => {
    if (isOpen) stream.write(text)
  }
}

/** Says what went wrong, with the way out, and the stack where it is the user's code that threw. */
export function sayError(terminal: Terminal, error: unknown): Fault {
  const fault = toFault(error)
  sayFault(terminal, fault)
  return fault
}

/** The same for an error that is plain data already, as journals keep it. */
export function sayFault({ say, colors }: Pick<Terminal, 'say' | 'colors'>, fault: Fault): void {
  say(`${colors.red('Error:')} ${printableLines(fault.message)}`)
  const stack = stackOf(fault)
  if (stack !== '') say(colors.dim(printableLines(stack)))
  if (fault.wayOut !== undefined) say(printableLines(fault.wayOut))
  if (fault.code === 'internal')
    say('This is a defect of tallyman. Please report it with the lines above and what was run.')
}

/** Errors in code that is not ours, where a place in it helps. */
const stackCodes: ReadonlySet<string> = new Set(['job-threw', 'job-invalid', 'internal'])

/** Lines of a stack after its message: of an error of the user's, those in files that are neither Node's nor ours. */
function stackOf({ code, message, stack }: Fault): string {
  if (stack === undefined || !stackCodes.has(code)) return ''
  const frames = stack.slice(headOf(stack, message))
  const own = code === 'internal' ? framesOutside(frames) : userFrames(frames)
  return own.slice(0, 12).join('\n')
}

/** Up to where a stack is the message: it has been said, and may be what another program printed, with a stack of its own. */
function headOf(stack: string, message: string): number {
  const at = stack.indexOf(message)
  return at === -1 || stack.slice(0, at).includes('\n') ? 0 : at + message.length
}

/** A file that takes one JSON object a line. What it held before is lost with the first one. */
export interface JsonLines {
  /** Throws `io` where the disk does not take it. */
  write(value: object): void
  close(): void
}

/** How often it is looked whether somebody reads from a named pipe. */
const readerEveryMs = 50

/**
 * Opens a file that takes one JSON object a line. One that was made for it is removed again where nothing was written.
 *
 * @param stop gives up waiting for who reads from a named pipe; it rejects with the reason then
 * @throws {TallymanError} `usage` where it cannot be opened
 */
export async function openJsonLines(path: string, stop: AbortSignal): Promise<JsonLines> {
  let fd: number
  let isNew = false
  try {
    // Held until it is opened once more: a reader that sees no writer takes that for the end.
    const pipe = await openForReader(path, stop)
    isNew = lstatSync(path, { throwIfNoEntry: false }) === undefined
    fd = openSync(path, constants.O_WRONLY | constants.O_CREAT)
    if (pipe !== null) closeSync(pipe)
  } catch (cause) {
    stop.throwIfAborted()
    throw new TallymanError('usage', `File ${JSON.stringify(path)} cannot be written: ${reasonOf(cause)}.`, {
      wayOut: 'Name a file in a folder you may write to.',
      cause,
    })
  }
  let isWritten = false
  return {
    write: (value) => {
      const bytes = Buffer.from(`${JSON.stringify(value)}\n`)
      try {
        if (!isWritten && fstatSync(fd).isFile()) ftruncateSync(fd)
        isWritten = true
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
      } catch (cause) {
        throw new TallymanError('io', `Events could not be written to ${path}: ${reasonOf(cause)}.`, {
          wayOut: 'What was done is kept: `tallyman resume` goes on.',
          cause,
        })
      }
    },
    close: () => {
      closeSync(fd)
      if (isNew && !isWritten) rmSync(path, { force: true })
    },
  }
}

/** To open a named pipe that nobody reads from blocks the thread: no signal would be answered. */
async function openForReader(path: string, stop: AbortSignal): Promise<number | null> {
  while (statSync(path, { throwIfNoEntry: false })?.isFIFO() === true) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    } catch (error) {
      if (errnoOf(error) !== 'ENXIO') throw error
    }
    await setTimeout(readerEveryMs, undefined, { signal: stop })
  }
  return null
}

/** `no such file or directory` of Node's `ENOENT: no such file or directory, open '…'`. */
function reasonOf(error: unknown): string {
  const message = messageOf(error)
  return /^E[A-Z]+: ([^,]+)/.exec(message)?.[1] ?? message
}
