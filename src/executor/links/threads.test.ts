import { describe, expect, test } from 'vitest'
import { exitOf } from './threads.ts'

const gone = (exitCode: number, error: Parameters<typeof exitOf>[0]['error']) =>
  exitOf({ type: 'gone', life: 1, exitCode, error }, '')

describe('exitOf', () => {
  test.each([
    { code: 'EMFILE', message: 'EMFILE: too many open files' },
    { code: 'ERR_WORKER_INIT_FAILED', message: 'Worker initialization failure: EMFILE' },
    { code: 'ERR_WORKER_INIT_FAILED', message: 'Worker initialization failure: ENOMEM' },
  ])('takes a thread that found none of something left for one that met a limit: %o', (error) => {
    expect(gone(1, error)).toMatchObject({
      code: 'limit-reached',
      how: `ended with an error (${error.message})`,
    })
  })

  test('tells what ended a thread otherwise', () => {
    expect(gone(1, { code: 'ERR_OTHER', message: 'It says EMFILE.' }).code).toBe('worker-died')
    expect(gone(7, null)).toMatchObject({
      code: 'job-exited',
      how: expect.stringContaining('process.exit(7)'),
    })
    expect(gone(1, { code: 'ERR_WORKER_OUT_OF_MEMORY', message: 'heap' })).toMatchObject({
      code: 'out-of-memory',
      lastWords: 'heap',
    })
  })
})
