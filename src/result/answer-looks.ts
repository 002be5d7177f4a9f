import { type ChildProcess, spawn } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { packageRoot, type RunDirectory, type RunState } from '../run/index.ts'
import type { AnswerSoFar } from './answer-so-far.ts'

/** Looks take at most this share of the CPU that the run's workers take; whoever shows the answer may take as much again for the rest. */
const shareMax = 0.005
/** What a look costs at least: two processes have to start. */
const costMsMin = 400
const everyMsMin = 5000
/** A look that takes longer is given up. */
const lookMsMax = 120_000

/** An answer so far, and what it has cost. */
export type LookedAnswer = AnswerSoFar & {
  /** Milliseconds of CPU that the look took. */
  readonly cpuMs: number
}

/** How much a run has been at work. */
export interface Worked {
  readonly elapsedMs: number
  /** Milliseconds of CPU. */
  readonly cpuMs: number
}

/**
 * Looks at the answer so far now and then, while somebody watches: each time in a process of its own at the lowest priority, and so
 * seldom that all looks together take less than half a hundredth of what the run does, but for the first.
 */
export class AnswerLooks {
  readonly #directory: RunDirectory
  readonly #rows: number
  readonly #look: Look
  #answer: AnswerSoFar | null = null
  #tasks = 0
  #lastCostMs = costMsMin
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
   * @param worked in this session of the run: how long it has been at work, and what CPU its workers have taken
   */
  answer(state: RunState, { elapsedMs, cpuMs }: Worked, nowMs = performance.now()): AnswerSoFar | null {
    if (state.phase !== 'map') return null
    const { done } = state.map
    const isFirst = this.#spentMs === 0 && elapsedMs >= everyMsMin
    const mayTake = isFirst || this.#spentMs + this.#lastCostMs <= shareMax * cpuMs
    if (this.#child === null && done > this.#tasks && nowMs >= this.#notBeforeMs && mayTake)
      this.#begin(done, nowMs)
    return this.#answer
  }

  /** What the last look found, without another one. */
  get last(): AnswerSoFar | null {
    return this.#answer
  }

  /** Says that showing the last answer took so many milliseconds of CPU more: the next one costs as much again. */
  spend(cpuMs: number): void {
    this.#spentMs += cpuMs
    this.#lastCostMs += cpuMs
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
      this.#lastCostMs = answer?.cpuMs ?? Math.max(costMsMin, tookMs)
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

/** By `tallyman show --so-far`, a command of the room below (`cli/commands/show.ts`): what it takes, it takes from nobody here, and its end is the end of all of it. */
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
