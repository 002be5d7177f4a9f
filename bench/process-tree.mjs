// @ts-check
/** What a process and all that it started take of this machine, read from /proc (proc(5)): Linux only. */
import { readdirSync, readFileSync } from 'node:fs'

/** @typedef {{ readonly role: string, readonly bytes: number }} RoleMemory memory of one process */
/**
 * @typedef {object} TreeMemory
 * @property {number} bytes private pages of every process, and the pages they share with anybody once
 * @property {number} pssBytes sum of the proportional set sizes; where others run Node too, they carry a part of its code
 * @property {readonly RoleMemory[]} processes
 */

export const hasProc =
  canRead('/proc/self/task/self/children') || canRead(`/proc/self/task/${process.pid}/children`)

/** @param {string} file */
function canRead(file) {
  return readText(file) !== null
}

/**
 * The text of a file; null where it is not there, as all files of a process are not once it has ended.
 *
 * @param {string} file
 */
function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // The process has ended, or this kernel has no such file: the caller says what that means.
    return null
  }
}

/**
 * The process and all its descendants that are alive.
 *
 * @param {number} root
 */
function treeOf(root) {
  const tree = [root]
  for (const pid of tree) {
    for (const task of tasksOf(pid)) {
      const children = readText(`/proc/${pid}/task/${task}/children`) ?? ''
      for (const child of children.split(' ')) if (child !== '') tree.push(Number(child))
    }
  }
  return tree
}

/** @param {number} pid */
function tasksOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    // It has ended meanwhile.
    return []
  }
}

/**
 * A process's memory: kernels before 4.14 know no roll-up, and then all that is resident counts as private.
 *
 * @param {number} pid
 */
function memoryOf(pid) {
  const rollup = readText(`/proc/${pid}/smaps_rollup`)
  if (rollup !== null && rollup !== '') {
    const privateBytes = field(rollup, 'Private_Clean') + field(rollup, 'Private_Dirty')
    const sharedBytes = field(rollup, 'Shared_Clean') + field(rollup, 'Shared_Dirty')
    return { privateBytes, sharedBytes, pssBytes: field(rollup, 'Pss') }
  }
  const rssBytes = field(readText(`/proc/${pid}/status`) ?? '', 'VmRSS')
  return { privateBytes: rssBytes, sharedBytes: 0, pssBytes: rssBytes }
}

/**
 * @param {string} text
 * @param {string} name
 */
function field(text, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024
}

/**
 * Its program, or the script that Node runs.
 *
 * @param {number} pid
 */
function roleOf(pid) {
  const [program = '', ...args] = (readText(`/proc/${pid}/cmdline`) ?? '').split('\0')
  const script = args.find((arg) => !arg.startsWith('-')) ?? ''
  return nameOf(/^node/.test(nameOf(program)) && script !== '' ? script : program) || 'ended'
}

/** @param {string} path */
function nameOf(path) {
  return path.slice(path.lastIndexOf('/') + 1)
}

/**
 * What a process and its descendants hold now.
 *
 * @param {number} root
 * @returns {TreeMemory}
 */
function readTreeMemory(root) {
  let [privateBytes, sharedBytes, pssBytes] = [0, 0, 0]
  const processes = treeOf(root).map((pid) => {
    // First: one that ends meanwhile still has a name then.
    const role = roleOf(pid)
    const memory = memoryOf(pid)
    privateBytes += memory.privateBytes
    // They map the same program, so what the one with most of it shares is what the others share.
    sharedBytes = Math.max(sharedBytes, memory.sharedBytes)
    pssBytes += memory.pssBytes
    return { pid, role, bytes: memory.privateBytes }
  })
  return {
    bytes: privateBytes + sharedBytes,
    pssBytes,
    processes: [
      ...processes.map(({ role, bytes }) => ({ role, bytes })),
      { role: 'shared', bytes: sharedBytes },
    ],
  }
}

/** Watches a process's tree until it is told to stop, and keeps the highest reading. */
export class MemoryWatch {
  /** @type {TreeMemory} */ peak = { bytes: 0, pssBytes: 0, processes: [] }
  /** Highest sum of proportional set sizes, perhaps at another moment. */
  pssPeakBytes = 0
  samples = 0
  /** Programs that were seen, with the highest reading of each. @type {Map<string, number>} */
  roles = new Map()
  #timer

  /**
   * @param {number} root
   * @param {number} everyMs
   */
  constructor(root, everyMs) {
    this.#timer = setInterval(() => this.#sample(root), everyMs)
  }

  stop() {
    clearInterval(this.#timer)
  }

  /** @param {number} root */
  #sample(root) {
    const memory = readTreeMemory(root)
    this.samples += 1
    this.pssPeakBytes = Math.max(this.pssPeakBytes, memory.pssBytes)
    if (memory.bytes > this.peak.bytes) this.peak = memory
    for (const { role, bytes } of memory.processes)
      this.roles.set(role, Math.max(this.roles.get(role) ?? 0, bytes))
  }
}

/** Clock ticks a second in which proc(5) counts CPU time; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** CPU seconds of all children that have ended and been waited for, with those that these waited for. */
export function childrenCpuSeconds() {
  const stat = readText('/proc/self/stat') ?? ''
  // The second field, a program's name in brackets, may hold spaces: fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond
}
