// @ts-check
/**
 * CPU time of a program and of everything it ever started, whatever became of it: a control group of the kernel counts it. Of Spark no tree of
 * processes tells that: its daemons start executors, and what these leave behind belongs to nobody. Needs the right to make groups.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {import('./measure.mjs').Call} Call */

const ticksPerSecond = 100
const root = ['/sys/fs/cgroup/cpuacct', '/sys/fs/cgroup'].find((folder) =>
  existsSync(join(folder, 'cgroup.procs')),
)

export class CpuGroup {
  #folder
  /** CPU seconds and role of each process that was seen. @type {Map<number, { readonly role: string, readonly seconds: number }>} */
  #seen = new Map()
  #timer

  /** @param {string} name */
  constructor(name) {
    if (root === undefined) throw new Error('There are no control groups here.')
    this.#folder = join(root, `tallyman-bench-${process.pid}-${name}`)
    mkdirSync(this.#folder)
    this.#timer = setInterval(() => this.#look(), 200)
  }

  /**
   * The same call, in the group.
   *
   * @param {Call} call
   * @returns {Call}
   */
  within({ program, args, env }) {
    const enter = `echo $$ > ${this.#folder}/cgroup.procs && exec "$@"`
    return {
      program: 'sh',
      args: ['-c', enter, 'sh', program, ...args],
      ...(env === undefined ? {} : { env }),
    }
  }

  /** Seconds so far. */
  get seconds() {
    if (existsSync(join(this.#folder, 'cpuacct.usage')))
      return Number(readFileSync(join(this.#folder, 'cpuacct.usage'), 'utf8')) / 1e9
    return Number(/usage_usec (\d+)/.exec(readFileSync(join(this.#folder, 'cpu.stat'), 'utf8'))?.[1]) / 1e6
  }

  /** Seconds by what took them, as far as it was seen five times a second: processes that ended since the last look took a little more. */
  get roles() {
    /** @type {Record<string, number>} */
    const roles = {}
    for (const { role, seconds } of this.#seen.values())
      roles[role] = Math.round(((roles[role] ?? 0) + seconds) * 100) / 100
    return roles
  }

  end() {
    clearInterval(this.#timer)
    try {
      rmdirSync(this.#folder)
    } catch {
      // A process is still ending: the group is empty, and goes with the machine.
    }
  }

  #look() {
    for (const folder of [this.#folder, ...foldersIn(this.#folder)])
      for (const pid of readText(join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number)) {
        const stat = readText(`/proc/${pid}/stat`)
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        const seconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
        const role = roleOf(readText(`/proc/${pid}/cmdline`).replaceAll('\0', ' '))
        if (Number.isFinite(seconds) && role !== null) this.#seen.set(pid, { role, seconds })
      }
  }
}

const roles = /** @type {const} */ ([
  [/CoarseGrainedExecutorBackend/, 'executor (JVM)'],
  [/deploy\.(master|worker)\./, 'daemons (JVM)'],
  [/org\.apache\.spark/, 'driver (JVM)'],
  [/pyspark[/.]daemon|pyspark[/.]worker/, 'Python workers'],
  [/python.*driver\.py|python.*\.py/, 'driver (Python)'],
  [/worker-process/, 'tallyman worker'],
  [/task-process-main/, 'task process'],
  [/tallyman/, 'tallyman'],
])

/** @param {string} command */
function roleOf(command) {
  if (command === '') return null
  return roles.find(([pattern]) => pattern.test(command))?.[1] ?? 'other'
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It has ended.
    return ''
  }
}

/** @param {string} folder */
function foldersIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name))
}
