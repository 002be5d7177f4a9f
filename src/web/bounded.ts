import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { scratchFolder } from '../host/index.ts'
import { parseJson } from '../input/index.ts'
import { packageRoot } from '../run/index.ts'

/** What a command that a page asks may take, and how much of what it writes is read. */
export interface Bounds {
  readonly ms: number
  readonly lines: number
  readonly bytes: number
  /** Aborted when nobody waits for the answer any more. */
  readonly gone?: AbortSignal
}

/** What came of it. */
export interface Bounded {
  readonly code: number | null
  /** What it wrote, line by line; all of them were ended. */
  readonly lines: readonly string[]
  /** Had it more to write than is read? */
  readonly isCut: boolean
  readonly isLate: boolean
}

/** How many may be at work at once: each takes a process. */
const atOnceMax = 2
let atWork = 0

/**
 * Has `tallyman` answer something in a process of its own: whatever becomes of it, the page goes on, and it is ended when it takes more than
 * its bounds. Null where too many are at work already.
 */
export async function askBounded(args: readonly string[], bounds: Bounds): Promise<Bounded | null> {
  if (atWork >= atOnceMax) return null
  atWork += 1
  try {
    return await ask(args, bounds)
  } finally {
    atWork -= 1
  }
}

/** What is shown where `askBounded` gave null. */
export const busy = 'Other questions are at work; ask again when they have ended.'

async function ask(args: readonly string[], bounds: Bounds): Promise<Bounded> {
  // What is ended cannot remove what it has written meanwhile.
  const scratch = scratchFolder('asked')
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'tallyman'), ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, TMPDIR: scratch },
  })
  let text = ''
  let lines = 0
  let isCut = false
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, bounds.ms)
  const leave = (): void => void child.kill('SIGKILL')
  bounds.gone?.addEventListener('abort', leave)
  if (bounds.gone?.aborted === true) leave()
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      if (isCut) return
      text += piece
      lines += piece.split('\n').length - 1
      if (lines <= bounds.lines && text.length <= bounds.bytes) return
      isCut = true
      child.kill('SIGKILL')
    })
  }).finally(() => {
    clearTimeout(timer)
    bounds.gone?.removeEventListener('abort', leave)
    rmSync(scratch, { recursive: true, force: true })
  })
  return { code, lines: text.split('\n').slice(0, -1), isCut, isLate }
}

/** A line that a command writes with `--json`: a row of an answer, or `error` with what went wrong. */
export type AnswerLine = Readonly<Record<string, unknown>>

/** Integers of any size stay exact. */
export function readLine(line: string): AnswerLine {
  const bytes = Buffer.from(line)
  return parseJson(bytes, 0, bytes.length, 'exact') as AnswerLine
}

/** Why a command failed, as it says with `--json`. */
export function problemIn(line: AnswerLine | undefined): string {
  const error = line?.error as { readonly message: string; readonly wayOut: string | null } | undefined
  return error === undefined
    ? 'It ended without an answer.'
    : [error.message, error.wayOut ?? ''].join('\n').trim()
}
