import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type CgroupFiles, systemFiles } from './cgroup.ts'
import { type GroupLimits, openRunGroup, type RunGroup } from './run-group.ts'

/** Does the kernel hold a run to a limit here? */
export type LimitProof = { readonly holds: true } | { readonly holds: false; readonly reason: string }

/** What was found out about control groups. */
export interface KernelLimits {
  readonly processes: LimitProof
  readonly memory: LimitProof
}

/**
 * Finds out whether this process can make control groups that hold. Nothing is believed: for each limit a group is made, a
 * child is moved into it, does something that is allowed, then exceeds the limit; then the group is removed. There are
 * machines where every file is there, takes a limit and gives it back, and nothing comes of it.
 *
 * Cost: two node processes, side by side, of which the kernel ends one for its memory: a tenth of a second of CPU, and a line in
 * the kernel's log that names a node process of this user. So ask once a run, and only when limits are wanted.
 */
export async function probeKernelLimits(files: CgroupFiles = systemFiles): Promise<KernelLimits> {
  const [processes, memory] = await Promise.all([
    probe('processes', { processesMax: 64, memoryBytes: null }, exceedProcesses, files),
    probe('memory', { processesMax: null, memoryBytes: memoryProbeBytes }, exceedMemory, files),
  ])
  return { processes, memory }
}

const memoryProbeBytes = 32 * 2 ** 20

/** Returns null when the limit held, or what happened instead. */
type Exceed = (
  child: Prober,
  group: RunGroup,
  lower: (limits: GroupLimits) => string | null,
) => Promise<string | null>

async function probe(
  name: string,
  limits: GroupLimits,
  exceed: Exceed,
  files: CgroupFiles,
): Promise<LimitProof> {
  const open = (lower: GroupLimits) => openRunGroup(`probe-${process.pid}-${name}`, lower, files)
  const opened = open(limits)
  if (opened.kind === 'unable') return { holds: false, reason: opened.reason }
  const { group } = opened
  const child = new Prober()
  try {
    const reason =
      group.addProcess(child.pid) ??
      (await exceed(child, group, (lower) => {
        const again = open(lower)
        return again.kind === 'open' ? null : again.reason
      }))
    return reason === null ? { holds: true } : { holds: false, reason }
  } finally {
    child.end()
    // Should it fail, an empty group is left, which takes nothing from anybody.
    await group.close()
  }
}

const exceedProcesses: Exceed = async (child, _, lower) => {
  const allowed = await child.ask('fork')
  if (allowed !== 'forked')
    return `A process in a control group with room could not start another: ${allowed}.`
  const unable = lower({ processesMax: 1, memoryBytes: null })
  if (unable !== null) return unable
  const answer = await child.ask('fork')
  return answer === 'EAGAIN' ? null : `The limit of processes was taken, but is not held: ${answer}.`
}

const exceedMemory: Exceed = async (child, group) => {
  const allowed = await child.ask(`hold ${memoryProbeBytes / 8}`)
  if (allowed !== 'held') return `A process in a control group with room could not take memory: ${allowed}.`
  const answer = await child.ask(`hold ${memoryProbeBytes * 2}`)
  if (answer !== 'SIGKILL') return `The limit of memory was taken, but is not held: ${answer}.`
  return group.events().memoryKills > 0 ? null : 'A process was ended by somebody else than the kernel.'
}

/**
 * Starting a program that does not exist tells whether the kernel allows a new process: that comes first and fails with EAGAIN;
 * then the program is found missing.
 */
const proberProgram = `
  const held = []
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const [order, bytes] = line.split(' ')
    if (order === 'hold') held.push(Buffer.alloc(Number(bytes), 1))
    const error = order === 'fork' && require('node:child_process').spawnSync('/nonexistent/program').error
    console.log(order === 'hold' ? 'held' : error.code === 'ENOENT' ? 'forked' : error.code)
  })`

const answerWithinMs = 20_000

/** A child that does one thing at a time, as it is told. */
class Prober {
  readonly #child: ChildProcess
  readonly #ended: Promise<string>
  readonly #lines: AsyncIterator<string>

  constructor() {
    this.#child = spawn(process.execPath, ['-e', proberProgram], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {},
    })
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', ({ message }) => resolve(message))
      this.#child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    })
    // What it can't be told any more, `#ended` tells.
    this.#child.stdin?.on('error', () => undefined)
    this.#lines = createInterface({ input: this.#child.stdout ?? process.stdin })[Symbol.asyncIterator]()
  }

  /** 0 where it could not be started: then no group takes it. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Returns its answer, or how it ended. */
  async ask(order: string): Promise<string> {
    this.#child.stdin?.write(`${order}\n`)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`no answer in ${answerWithinMs / 1000} s`), answerWithinMs)
    })
    const answer = this.#lines.next().then((line) => (line.done === true ? this.#ended : line.value))
    try {
      return await Promise.race([answer, late])
    } finally {
      clearTimeout(timer)
    }
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }
}
