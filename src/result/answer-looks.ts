import { type ChildProcess, spawn } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { packageRoot, type RunDirectory, type RunState } from '../run/index.ts'
import type { AnswerSoFar } from './answer-so-far.ts'

/** Looks take at most this share of what the run's workers have. */
const shareMax = 0.01
/** What the first look is thought to cost: two processes have to start. */
const firstCostMs = 400
const everyMsMin = 5000
/** A look that takes longer is given up. */
const lookMsMax = 120_000

/** An answer so far, and what it has cost. */
export type LookedAnswer = AnswerSoFar & {
  /** Milliseconds of CPU that the look took. */
  readonly cpuMs: number
}

/**
 * Looks at the answer so far now and then, while somebody watches: each time in a process of its own at the lowest priority, and so
 * seldom that all looks together take less than a hundredth of what the run does.
 */
export class AnswerLooks {
  readonly #directory: RunDirectory
  readonly #rows: number
  readonly #look: Look
  #answer: AnswerSoFar | null = null
  #tasks = 0
  #lastCostMs = firstCostMs
  #spentMs = 0
  #notBeforeMs = 0
  #child: ChildProcess | null = null

  /** @param rows of each table */
  constructor(directory: RunDirectory, rows: number, look: Look = lookInProcess) {
    this.#directory = directory
    this.#rows = rows
    this.#look = look
  }

  /**
   * What the last look found. Begins another one where it is time for it, and does not wait.
   *
   * @param workedMs how long this session of the run has been at work
   */
  answer(state: RunState, workedMs: number, nowMs = performance.now()): AnswerSoFar | null {
    if (state.phase !== 'map') return null
    const { done } = state.map
    const budgetMs = shareMax * state.plan.workers * workedMs
    if (
      this.#child === null &&
      done > this.#tasks &&
      nowMs >= this.#notBeforeMs &&
      this.#spentMs + this.#lastCostMs <= budgetMs
    )
      this.#begin(done, nowMs)
    return this.#answer
  }

  /** What the last look found, without another one. */
  get last(): AnswerSoFar | null {
    return this.#answer
  }

  /** Gives up the look that is at work. */
  end(): void {
    this.#child?.kill('SIGTERM')
  }

  #begin(tasks: number, nowMs: number): void {
    this.#tasks = tasks
    const { child, found } = this.#look(this.#directory, this.#rows)
    this.#child = child
    void found.then((answer) => {
      this.#child = null
      // What it took is not known where it did not come off: as long as it went on at most.
      const tookMs = Math.max(0, performance.now() - startMs)
      this.#lastCostMs = answer?.cpuMs ?? Math.max(firstCostMs, tookMs)
      this.#spentMs += this.#lastCostMs
      this.#notBeforeMs = nowMs + tookMs + everyMsMin
      this.#answer = answer ?? this.#answer
    })
    const startMs = performance.now()
  }
}

/** Begins a look; `found` never rejects, and is null where nothing came of it. */
export type Look = (
  directory: RunDirectory,
  rows: number,
) => { readonly child: ChildProcess; readonly found: Promise<LookedAnswer | null> }

/** By `tallyman show --so-far`: what it takes, it takes from nobody here, and its end is the end of all of it. */
function lookInProcess(directory: RunDirectory, rows: number): ReturnType<Look> {
  const args = ['show', '--so-far', '--json', '--rows', String(rows), '--', directory.path]
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'tallyman'), ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    // Ctrl-C in the terminal is meant for the run.
    detached: true,
  })
  const timer = setTimeout(() => child.kill('SIGTERM'), lookMsMax)
  timer.unref()
  child.unref()
  const found = new Promise<LookedAnswer | null>((resolve) => {
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    child.on('error', () => resolve(null))
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve(code === 0 ? (JSON.parse(text) as LookedAnswer) : null)
    })
  })
  lower(child)
  return { child, found }
}

function lower({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW)
  } catch {
    // It has ended already.
  }
}
