import { createWriteStream, type WriteStream } from 'node:fs'
import pc from 'picocolors'
import { type Fault, TallymanError, toFault } from '../errors.ts'
import { printable, printableLines } from './printable.ts'

const { createColors } = pc

/** Where a command reads its surroundings from and writes to: stdout is for results, stderr for people. */
export interface Terminal {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Is stderr a terminal that can move its cursor? */
  readonly isLive: boolean
  /** Is stdout a terminal? */
  readonly isOutLive: boolean
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number
  readonly colors: ReturnType<typeof createColors>
  /** Writes a line to stdout. */
  out(line: string): void
  /** Writes a line to stderr; a status line is put back below it. */
  say(line: string): void
  /** Shows a line that the next one replaces; null takes it away. Does nothing where `isLive` is false. */
  status(line: string | null): void
}

/** The terminal this process was started in. */
export function openTerminal(): Terminal {
  const { env, stdout, stderr } = process
  const isLive = stderr.isTTY === true && env.TERM !== 'dumb'
  let shown: string | null = null
  const clear = (): void => {
    if (shown !== null) stderr.write('\r\u001b[K')
  }
  return {
    cwd: process.cwd(),
    env,
    isLive,
    isOutLive: stdout.isTTY === true,
    get columns() {
      return stderr.columns ?? 80
    },
    colors: createColors(isLive && env.NO_COLOR === undefined),
    out: (line) => {
      clear()
      shown = null
      stdout.write(`${line}\n`)
    },
    say: (line) => {
      clear()
      stderr.write(`${line}\n`)
      if (shown !== null) stderr.write(shown)
    },
    status: (line) => {
      if (!isLive) return
      clear()
      shown = line
      if (line !== null) stderr.write(line)
    },
  }
}

/** Says what went wrong, with the way out, and the stack where it is the user's code that threw. */
export function sayError(terminal: Terminal, error: unknown): Fault {
  const fault = toFault(error)
  sayFault(terminal, fault)
  return fault
}

export function sayFault({ say, colors }: Terminal, fault: Fault): void {
  say(`${colors.red('Error:')} ${printableLines(fault.message)}`)
  const stack = stackOf(fault)
  if (stack !== '') say(colors.dim(printableLines(stack)))
  if (fault.wayOut !== undefined) say(printableLines(fault.wayOut))
  if (fault.code === 'internal')
    say('This is a defect of tallyman. Please report it with the lines above and what was run.')
}

/** Lines of a stack after its message, from files that are not Node's own. */
function stackOf({ code, stack }: Fault): string {
  if (stack === undefined || (code !== 'job-threw' && code !== 'internal')) return ''
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  const outside = frames.filter((line) => !/node:internal|\(native\)/.test(line))
  // The engine's own frames tell the user nothing about a job that threw.
  const own =
    code === 'job-threw'
      ? outside.filter((line) => !/\/dist\/(flow|executor|job|record)\//.test(line))
      : outside
  return own.slice(0, 12).join('\n')
}

/** Opens a file that takes one JSON object a line. */
export function openJsonLines(path: string): { write(value: object): void; close(): Promise<void> } {
  const stream: WriteStream = createWriteStream(path)
  let failure: Error | null = null
  stream.on('error', (error) => {
    failure = error
  })
  return {
    write: (value) => {
      if (failure !== null)
        throw new TallymanError('io', `Events could not be written: ${failure.message}`, { cause: failure })
      stream.write(`${JSON.stringify(value)}\n`)
    },
    close: () =>
      new Promise((resolve, reject) => {
        stream.end(() => (failure === null ? resolve() : reject(failure)))
      }),
  }
}

/** A text in quotes, safe to show. */
export function quoted(text: string): string {
  return `"${printable(text)}"`
}
