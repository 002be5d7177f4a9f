import { setTimeout as sleep } from 'node:timers/promises'
import { TallymanError } from '../../errors.ts'
import { killProcess } from '../processes/kill-process.ts'
import { listPids, listProcesses } from '../processes/process-tree.ts'
import { readSmallFile } from '../small-file.ts'
import { askEngine, engineWithinMs } from './ask-engine.ts'
import { containerName, runLabel } from './container-names.ts'
import type { Engine } from './engine.ts'
import { engineUnfit } from './engine-trouble.ts'

/**
 * Removes the containers of a run that are left, whatever they do, and those that are just being started: a client of the engine's outlives whoever
 * asked for the container, and may make it after a look that has found none.
 *
 * @param run value of their label
 * @returns how many there were
 * @throws {TallymanError} `engine-unfit` where some stay, or the engine does not tell; `engine-silent`, also where one is still being started after 10 s
 *
 * Cost: one command of the engine, a tenth of a second, and a look at all processes; another command where some are left.
 */
export async function removeContainers(engine: Engine, run: string): Promise<number> {
  const endMs = performance.now() + Math.min(startsWithinMs, engineWithinMs('look'))
  for (let removed = 0; ; ) {
    // Looked at first: what it has made is in the list once it is gone.
    const isStarting = isBeingStarted(run)
    removed += await removeListed(engine, run)
    if (!isStarting) return removed
    if (performance.now() > endMs) throw startsStill(engine, run)
    await sleep(lookAgainMs)
  }
}

/** A client that nobody waits for any more starts its container within a second or two, or has it removed under its hands. */
const startsWithinMs = 10_000
const lookAgainMs = 100

/** Is there a client that is told to start a container of this run? */
function isBeingStarted(run: string): boolean {
  const label = `${runLabel}=${run}`
  return listPids().some((pid) => argumentsOf(pid).includes(label))
}

function startsStill({ kind }: Engine, run: string): TallymanError {
  const client = `pgrep -af ${runLabel}=${run}`
  return new TallymanError(
    'engine-silent',
    `${kind} is still starting a container that is to be removed (its client: ${client}).`,
    { wayOut: 'That client works for nobody any more: look at it, and end it.' },
  )
}

async function removeListed(engine: Engine, run: string): Promise<number> {
  const filter = ['--filter', `label=${runLabel}=${run}`]
  const { status, stdout, stderr } = await askEngine(engine.command, ['ps', '--all', '--quiet', ...filter])
  // One that cannot be listed may be there.
  if (status !== 0) throw engineUnfit(engine.kind, 'containers cannot be listed', stderr)
  const ids = stdout.split('\n').filter((id) => id !== '')
  if (ids.length > 0) await removeSurely(engine, ids)
  return ids.length + endForgotten(engine, containerName(run, ''))
}

/** How often an engine is asked to remove the same. */
const timesMax = 3

/**
 * Removes containers, and does not take the engine's word for it that says that it cannot: Podman refuses, once, to remove one whose monitor and
 * first process were killed, since it has not seen yet that it has ended. Those that are not there are as good as removed.
 *
 * @throws {TallymanError} `engine-unfit` where some stay
 */
export async function removeSurely(engine: Engine, names: readonly string[]): Promise<void> {
  for (let time = 1; ; time++) {
    const { status, stderr } = await askEngine(engine.command, removal(engine, names), 'act')
    if (status === 0 || isNoSuch(stderr)) return
    if (time < timesMax) continue
    const look = `Look at them yourself: ${engine.kind} ps --all; then: ${engine.kind} rm --force ${names.join(' ')}`
    throw engineUnfit(engine.kind, 'containers stay that are to be removed', stderr, look)
  }
}

/** Does the engine complain of nothing but that what it was asked about is not there? */
export function isNoSuch(stderr: string): boolean {
  const errors = stderr.split('\n').filter((line) => /^Error/i.test(line))
  return errors.length > 0 && errors.every((line) => /no such container|no container with/i.test(line))
}

/** Removes one container by its name, where it is still there. Throws as {@link removeSurely} does. */
export async function removeContainer(engine: Engine, name: string): Promise<void> {
  await removeSurely(engine, [name])
  endForgotten(engine, name)
}

/**
 * Ends containers that Podman does not know of. If its client is killed while it makes one, what is in it waits to be started for ever, yet
 * Podman has not noted that it is there, and removes no more than the entry. Its monitor is told the name.
 *
 * @param name of the container, or what its name begins with
 * @returns how many there were
 */
function endForgotten({ kind }: Engine, name: string): number {
  if (kind !== 'podman') return 0
  const processes = listProcesses()
  const monitors = new Set(
    processes.flatMap(({ pid, comm }) => (comm === 'conmon' && isMonitorOf(pid, name) ? [pid] : [])),
  )
  // The monitor itself stays to see its end, and goes then; what else it has started is Podman's.
  const first = processes.filter(({ pid, ppid }) => monitors.has(ppid) && isFirstInside(pid))
  return first.filter((entry) => killProcess(entry) === 'killed').length
}

function isMonitorOf(pid: number, name: string): boolean {
  const args = argumentsOf(pid)
  return args[args.indexOf('-n') + 1]?.startsWith(name) === true
}

/** What a process was started as; nothing where it is gone. */
function argumentsOf(pid: number): string[] {
  return (readSmallFile(`/proc/${pid}/cmdline`) ?? '').split('\0')
}

/** Is it number 1 among processes of its own? */
function isFirstInside(pid: number): boolean {
  return /^NSpid:(\t\d+)+\t1$/m.test(readSmallFile(`/proc/${pid}/status`) ?? '')
}

/** At once: Podman would ask first, and wait. */
function removal({ kind }: Engine, ids: readonly string[]): string[] {
  return ['rm', '--force', '--volumes', ...(kind === 'podman' ? ['--time', '0'] : []), ...ids]
}
