import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from '../../errors.ts'
import { readSmallFile } from '../small-file.ts'
import type { ProcessToken } from './process-mark.ts'
import {
  carries,
  isDead,
  listPids,
  listProcesses,
  type ProcessEntry,
  type ProcessIdentity,
  readProcess,
} from './process-tree.ts'

/** Whom to end beside the roots, and when to give up. */
export interface EndOptions {
  /** Whoever carries it in its environment, or is marked with it, is ended too. */
  readonly token?: ProcessToken
  /** How often it is looked whether any are left, with waits of up to 100 ms between. Default 60: about 6 s. */
  readonly roundsMax?: number
}

/**
 * Ends `roots`, what descends from them, what is in a process group or session that one of them led, what carries the
 * token, and what all of these start meanwhile. First each is stopped, until a look finds no new one: what is stopped starts
 * nothing, and its children keep their parent. Then all are killed. This process and process 1 are never among them.
 *
 * A signal goes only to a process whose pid and start time were read just before, so a reused pid is never hit; or to a
 * whole group whose leader belongs, which the kernel does without letting a fork slip by (a group's number is not given to a
 * new process while anyone is in the group).
 *
 * @returns those still alive at the end: of another user, or waiting in the kernel for a disk
 *
 * Cost: a look at all processes ({@link listProcesses}, with a token twice that and 5 ms) a few times, four at least, and some
 * milliseconds of waiting. Whoever carries no token, has cleared its environment and is not marked, and goes on forking and
 * exiting, each time in a new session, is not followed: that takes a control group.
 */
export async function endProcesses(
  roots: readonly ProcessIdentity[],
  options: EndOptions = {},
): Promise<readonly ProcessEntry[]> {
  const { token = null, roundsMax = 60 } = options
  const doomed: Doomed = new Map(roots.filter(isEndable).map(({ pid, startTicks }) => [pid, startTicks]))
  let emptyRounds = 0
  for (let round = 0; round < roundsMax && emptyRounds < emptyRoundsMin; round++) {
    const left = stopAll(doomed, token)
    emptyRounds = left.length === 0 ? emptyRounds + 1 : 0
    const isRefused = left.length > 0 && !send(left, 'SIGKILL', doomed)
    if (isRefused) return left
    await sleep(Math.min(100, 2 ** round))
  }
  return find(doomed)
}

/** Pid and start time of all that belong, dead ones too: the link to a child goes through them. */
type Doomed = Map<number, number>

/** A process that is just becoming another program has no environment, so a single look may miss it. */
const emptyRoundsMin = 3

/** Enough for whoever forks as fast as it can; what is not stopped in as many looks is in the next round. */
const stopLooksMax = 16

/** Stops whoever belongs until no new one is found; returns them all. Nothing else runs in this process meanwhile. */
function stopAll(doomed: Doomed, token: ProcessToken | null): ProcessEntry[] {
  // What waits for a disk is stopped only later, so its state does not tell whether it was told.
  const told = new Set<number>()
  for (let look = 1; ; look++) {
    if (token !== null) stopCarriers(token, doomed)
    const found = find(doomed)
    const fresh = found.filter(({ pid }) => !told.has(pid))
    if (fresh.length === 0 || look === stopLooksMax) return found
    send(fresh, 'SIGSTOP', doomed)
    for (const { pid } of fresh) told.add(pid)
  }
}

/** Stops carriers on sight: who forks and exits at once is gone when a look at all processes is over. */
function stopCarriers(token: ProcessToken, doomed: Doomed): void {
  for (const pid of listPids()) stopCarrier(pid, token, doomed)
  let newest = newestPid()
  for (let glance = 0; glance < glances; glance++) {
    const before = newest
    newest = newestPid()
    for (let pid = Math.max(before + 1, newest - 100); pid <= newest; pid++) stopCarrier(pid, token, doomed)
  }
}

/** Some 5 ms of looking at nothing but the newest processes, when there is none: several lives of a short-lived one. */
const glances = 400

/** The pid that was given last, which wraps around: proc(5) on loadavg. 0 where the file is another. */
function newestPid(): number {
  return Number(readSmallFile('/proc/loadavg')?.split(' ')[4] ?? 0)
}

function stopCarrier(pid: number, token: ProcessToken, doomed: Doomed): void {
  const entry = readProcess(pid)
  if (entry === null || !isEndable(entry) || !carries(token, pid)) return
  doomed.set(pid, entry.startTicks)
  if (entry.state !== 'T') send([entry], 'SIGSTOP', doomed)
}

/** Who belongs and is alive. Remembers them, since a parent that ends takes the link to its children with it. */
function find(doomed: Doomed): ProcessEntry[] {
  const processes = listProcesses()
  forgetReused(doomed, processes)
  const endable = processes.filter(isEndable)
  let before = -1
  // Until nobody is added: a child may stand before its parent.
  while (before !== doomed.size) {
    before = doomed.size
    for (const { pid, startTicks, ppid, pgid, sid } of endable)
      if (doomed.has(ppid) || doomed.has(pgid) || doomed.has(sid)) doomed.set(pid, startTicks)
  }
  return endable.filter((entry) => doomed.get(entry.pid) === entry.startTicks && !isDead(entry))
}

/** A pid that now is another process's names no parent, group or session of ours any more. */
function forgetReused(doomed: Doomed, processes: readonly ProcessEntry[]): void {
  for (const { pid, startTicks } of processes) {
    const known = doomed.get(pid)
    if (known !== undefined && known !== startTicks) doomed.delete(pid)
  }
}

/** Everything descends from process 1, and this process has work to do. */
function isEndable({ pid }: ProcessIdentity): boolean {
  return pid > 1 && pid !== process.pid
}

/** Signals each that is still the same process, and its group if that is ours; returns false when the system let us signal none. */
function send(entries: readonly ProcessEntry[], signal: 'SIGSTOP' | 'SIGKILL', doomed: Doomed): boolean {
  const ownGroup = readProcess(process.pid)?.pgid
  const groups = new Set<number>()
  let refused = 0
  for (const { pid, startTicks } of entries) {
    const now = readProcess(pid)
    if (now?.startTicks !== startTicks) continue
    const isGroupOurs = doomed.has(now.pgid) && now.pgid !== ownGroup
    if (isGroupOurs && !groups.has(now.pgid)) trySignal(-now.pgid, signal)
    groups.add(now.pgid)
    if (!trySignal(pid, signal)) refused++
  }
  return refused < entries.length
}

/** Returns false when the system did not let us. */
function trySignal(target: number, signal: NodeJS.Signals): boolean {
  // 0 is everybody in our own group, -1 everybody there is: no process that was looked at has such a number.
  if (target === 0 || target === -1) return false
  try {
    process.kill(target, signal)
    return true
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'EPERM') return false
    // Gone already, which is what was wanted.
    if (code === 'ESRCH') return true
    throw error
  }
}
