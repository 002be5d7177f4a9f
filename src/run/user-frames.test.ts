import { describe, expect, it } from 'vitest'
import { packageRoot } from './package.ts'
import { userFrames } from './user-frames.ts'

describe('userFrames', () => {
  it('gives the lines in files of the user alone: none of Node, of the language or of tallyman', () => {
    const stack = [
      'TypeError: Reduce of empty array with no initial value',
      '    at Array.reduce (<anonymous>)',
      '    at Object.map (/home/ann/sales.job.ts:10:32)',
      '    at async Promise.all (index 0)',
      '    at new Promise (<anonymous>)',
      `    at MapAttempt.run (${packageRoot}dist/executor/worker-process.js:1:2)`,
      '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
    ].join('\n')
    expect(userFrames(stack)).toEqual(['    at Object.map (/home/ann/sales.job.ts:10:32)'])
  })
})
