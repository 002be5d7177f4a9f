import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { readSmallNumber } from '../small-file.ts'
import { readProcess } from './process-tree.ts'

/** How far a polite process stands back; each only ever goes that way, never forward. */
export interface Politeness {
  /** 0 to 19: at 10, a thread of somebody else's gets nine times as much of a core both want. */
  readonly niceness: number
  /** 0 to 1000: at 1000 the kernel, when memory runs out, ends this process before any other. */
  readonly oomScore: number
}

const usual: Politeness = { niceness: 10, oomScore: 800 }

/**
 * Makes a process, with all its threads and whatever they start from now on, give way to others: CPU (nice), disk (the idle
 * class of I/O), and memory, in that it is the first to go when there is none left.
 *
 * It must be done from outside or for each thread: on Linux a priority is a thread's, and `os.setPriority` in a Node process
 * leaves its compiler and collector as they were. And where the kernel groups threads by session (sched_autogroup, sched(7)),
 * niceness counts within a session only: a process that leads its own, as every detached child does, would still get a full
 * share. So the session's niceness is set too; not that of a session it does not lead, since others are in there.
 *
 * @returns what could not be done, a sentence each; none for a process that has ended
 *
 * Cost: some milliseconds and one run of `ionice`; when several processes are made polite at once, an ordinary user waits a
 * tenth of a second for each, since the kernel takes no more sessions in that time.
 */
export async function makePolite(pid: number, politeness: Politeness = usual): Promise<readonly string[]> {
  const failures = [
    niceThreads(pid, politeness.niceness),
    await niceSession(pid, politeness.niceness),
    await idleDisk(pid),
    await raiseOomScore(pid, politeness.oomScore),
  ]
  return readProcess(pid) === null ? [] : failures.filter((failure) => failure !== null)
}

/** Until no new one is seen: a thread that was not nice yet may have started another. */
function niceThreads(pid: number, niceness: number): string | null {
  const done = new Set<number>()
  for (let fresh = threadsOf(pid); fresh.length > 0; fresh = threadsOf(pid).filter((id) => !done.has(id))) {
    for (const thread of fresh) {
      done.add(thread)
      try {
        if (getPriority(thread) < niceness) setPriority(thread, niceness)
      } catch (error) {
        if (!isGone(error)) return `Its niceness could not be set: ${text(error)}.`
      }
    }
  }
  return null
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    // It has ended.
    return []
  }
}

const sessionTriesMax = 50

async function niceSession(pid: number, niceness: number): Promise<string | null> {
  if (readProcess(pid)?.sid !== pid || readSmallNumber(autogroupSwitch) !== 1) return null
  for (let tries = 1; ; tries++) {
    try {
      await writeFile(`/proc/${pid}/autogroup`, String(niceness))
      return null
    } catch (error) {
      if (isGone(error)) return null
      const isTooSoon = codeOf(error) === 'EAGAIN'
      if (!isTooSoon || tries === sessionTriesMax)
        return `The niceness of its session could not be set: ${text(error)}.`
      await sleep(110)
    }
  }
}

const autogroupSwitch = '/proc/sys/kernel/sched_autogroup_enabled'

/** Node has no call for ioprio_set(2). Not every disk scheduler heeds the class: bfq and mq-deadline do. */
async function idleDisk(pid: number): Promise<string | null> {
  const threads = threadsOf(pid).map(String)
  if (threads.length === 0) return null
  try {
    await promisify(execFile)('ionice', ['-c', '3', '-t', '-p', ...threads])
    return null
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'the program "ionice" (util-linux) is not there' : text(error)
    return `It reads disks as if it were anybody else: ${why}.`
  }
}

async function raiseOomScore(pid: number, score: number): Promise<string | null> {
  const file = join('/proc', String(pid), 'oom_score_adj')
  if ((readSmallNumber(file) ?? score) >= score) return null
  try {
    await writeFile(file, String(score))
    return null
  } catch (error) {
    return isGone(error) ? null : `It could not be made the first to go when memory runs out: ${text(error)}.`
  }
}

function isGone(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH'
}

/** Errors of node:os carry the system's code in `info`. */
function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return null
  const { code, info } = error as NodeJS.ErrnoException & { readonly info?: { readonly code?: string } }
  return info?.code ?? code
}

function text(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error)
}
