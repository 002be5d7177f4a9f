/** What a thread runs: writes its share and reports. */
import { parentPort, workerData } from 'node:worker_threads'
import { TagScaleError } from './plan.ts'
import { type ShareOrder, type ShareOutcome, writeShare } from './share.ts'

function run(): ShareOutcome {
  try {
    return writeShare(workerData as ShareOrder)
  } catch (error) {
    if (error instanceof TagScaleError) return { problem: error.message }
    throw error
  }
}

parentPort?.postMessage(run())
