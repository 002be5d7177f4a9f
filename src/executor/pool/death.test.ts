import { describe, expect, it } from 'vitest'
import type { Exit } from '../link.ts'
import { deathFault, loadFault, noProgressFault } from './death.ts'

const death = (code: Exit['code'], lastWords = '', logFile: string | null = null) =>
  deathFault({ how: 'was lost', code, lastWords }, logFile)

describe('deathFault', () => {
  it('says how the worker ended, and where what it printed is', () => {
    expect(death('killed')).toEqual({
      code: 'killed',
      message: 'The worker was lost.',
      wayOut: 'It printed nothing.',
    })
    expect(death('killed', '', '/r/logs/a.log').wayOut).toBe('What it printed is in /r/logs/a.log.')
  })

  it('quotes the last line that tells something, and no more of it than is read', () => {
    const words =
      'first\n<--- Last few GCs --->\nFATAL ERROR\n 1: 0xb8 node\n----- stack -----\n\nNode.js v20.19.0\n'
    expect(death('worker-died', words).message).toBe('The worker was lost. Its last words: "FATAL ERROR".')
    expect(death('worker-died', ' 1: 0xb8 node\n').message).toBe('The worker was lost.')
    const { message } = death('worker-died', 'x'.repeat(1000))
    expect(message).toBe(`The worker was lost. Its last words: "${'x'.repeat(200)}".`)
  })

  it.each<[Exit['code'], RegExp]>([
    ['out-of-memory', /^Give the run more memory \(--memory\).*keep less per key\.$/],
    ['memory-limit', /^Give the run more memory \(--memory\).*also Buffers count\.$/],
    ['job-exited', /^Throw an error instead of calling process\.exit\. It printed nothing\.$/],
    ['limit-reached', /--workers.*ulimit -u, ulimit -n/],
  ])('says what to do after %s', (code, wayOut) => {
    expect(death(code).wayOut).toMatch(wayOut)
  })

  it('says what whoever started the worker knows to do', () => {
    const exit = { how: 'was lost', code: 'engine-unfit', lastWords: '', wayOut: 'Mend Podman.' } as const
    expect(deathFault(exit, null).wayOut).toBe('Mend Podman.')
  })
})

describe('loadFault and noProgressFault', () => {
  it('say how long nothing has moved', () => {
    expect(loadFault(61_400)).toMatchObject({
      code: 'job-invalid',
      message: 'Loading the job did not end within 61 s, and was ended.',
    })
    expect(noProgressFault(599_600)).toMatchObject({
      code: 'no-progress',
      message: 'The attempt made no progress for 600 s and was ended.',
    })
  })
})
