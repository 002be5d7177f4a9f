// @ts-check
/** One run of a program from start to exit: wall and CPU time, and the peak of what all its processes hold. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { childrenCpuSeconds, MemoryWatch } from './process-tree.mjs'

/** @typedef {{ readonly program: string, readonly args: readonly string[], readonly env?: Readonly<Record<string, string>> }} Call */
/** @typedef {{ readonly wallSeconds: number, readonly cpuSeconds: number, readonly peakBytes: number }} Times */

const sampleEveryMs = 50
/** Node parses a file of certificates at each start where a machine's administrator says so: 50 ms that have nothing to do with the programs measured. */
const { NODE_EXTRA_CA_CERTS: _, ...machineEnv } = process.env
const errorLength = 400

/**
 * Runs it in `folder`, with stdout in the file `stdout` and stderr in the file `stderr` there. No two at a time: CPU time is of all
 * children that ended meanwhile.
 *
 * @param {Call} call
 * @param {string} folder
 * @returns {Promise<{ readonly times: Times, readonly fault: string | null }>} `fault` says how it failed, if it did
 */
export async function measure({ program, args, env }, folder) {
  const [stdout, stderr] = [openSync(join(folder, 'stdout'), 'w'), openSync(join(folder, 'stderr'), 'w')]
  const cpuBefore = childrenCpuSeconds()
  const startMs = performance.now()
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...machineEnv, ...env },
    stdio: ['ignore', stdout, stderr],
  })
  const watch = new MemoryWatch(child.pid ?? 0, sampleEveryMs)
  const status = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(code ?? signal))
  })
  const wallSeconds = (performance.now() - startMs) / 1000
  watch.stop()
  for (const fd of [stdout, stderr]) closeSync(fd)
  const said = status === 0 ? '' : readFileSync(join(folder, 'stderr'), 'utf8').trim().slice(-errorLength)
  return {
    times: { wallSeconds, cpuSeconds: childrenCpuSeconds() - cpuBefore, peakBytes: watch.peak.bytes },
    fault: status === 0 ? null : `ended with ${status}: ${said}`,
  }
}
