/** Runs in a process of its own: imports one example after the other and tells the parent what each printed. */
import { format } from 'node:util'
import type { BatchItem, BatchMessage } from './run.ts'

const patienceMs = 10

let printed: [id: number, text: string][] = []
let thrown: unknown[] = []

Object.defineProperty(globalThis, '__printed', {
  value:
    (id: number) =>
    (...values: unknown[]) =>
      printed.push([id, format(...values)]),
})
process.on('uncaughtException', (error) => thrown.push(error))
process.on('unhandledRejection', (error) => thrown.push(error))

function tell(message: BatchMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()))
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : `Thrown: ${format(error)}`
}

/** The default export must be what defineJob returns, which is branded so that copies of the library agree. */
function checkJob(loaded: { readonly default?: unknown }): void {
  const job = loaded.default
  if (typeof job === 'object' && job !== null && Symbol.for('tallyman.job') in job) return
  throw new Error('The default export of a job file must be a job: `export default defineJob({ … })`.')
}

async function runItem({ number, url, cwd, isJob }: BatchItem): Promise<void> {
  printed = []
  thrown = []
  process.chdir(cwd)
  await tell({ number, state: 'started' })
  try {
    const loaded = await import(url)
    if (isJob) checkJob(loaded)
  } catch (error) {
    thrown.push(error)
  }
  // Lets promises that nobody awaited fail, or print, while it is still known whose they are.
  await new Promise((resolve) => setTimeout(resolve, thrown.length === 0 ? patienceMs : 0))
  await tell({ number, state: 'ended', printed, thrown: thrown.map(textOf) })
}

process.once('message', async (items: readonly BatchItem[]) => {
  for (const item of items) await runItem(item)
  process.exit(0)
})
