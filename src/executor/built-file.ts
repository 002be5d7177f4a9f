import { fileURLToPath } from 'node:url'

/** A program of ours that a process of its own runs: a file in this folder, without its ending. */
export type WorkerProgram = 'worker-process' | 'thread-host'

/** Child processes always run the built files: Node itself cannot read TypeScript. */
const builtFolder = new URL(import.meta.url.replace(/\/src\/executor\/[^/]*\.ts$/, '/dist/executor/'))

/** Absolute path of such a program, also where this file itself was not built. */
export function builtFile(entry: WorkerProgram): string {
  return fileURLToPath(new URL(`./${entry}.js`, builtFolder))
}
