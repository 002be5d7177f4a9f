import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { text } from '../../input/index.ts'
import { type AnyJob, count, defineJob } from '../../job/index.ts'
import { explained, explainInContainer } from './container-hints.ts'

function thrownBy(call: () => unknown): Error {
  try {
    call()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('It did not throw an error.')
}

describe('explainInContainer', () => {
  it.each([
    ['a file that is not there', thrownBy(() => readFileSync('/nowhere/to/be/found')), 'sees its inputs'],
    [
      'a file system that is not written to',
      thrownBy(() => writeFileSync('/proc/self/nowhere', '')),
      'sees its inputs',
    ],
    ['no network', Object.assign(new Error('connect ENETUNREACH'), { code: 'ENETUNREACH' }), 'no network'],
    [
      'a fetch that hides why',
      new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'EAI_AGAIN' }) }),
      'no network',
    ],
    ['a program that is not there', spawnSync('no-such-program').error, '--image'],
  ])('adds what the container has to do with %s, once', (_what, error, hint) => {
    explainInContainer(error)
    explainInContainer(error)
    expect(error?.message.split(hint)).toHaveLength(2)
  })

  it('leaves alone what it knows nothing of, and what may not be touched', () => {
    const frozen = Object.freeze(Object.assign(new Error('no'), { code: 'ENOENT' }))
    const circular = new Error('round')
    circular.cause = circular
    for (const thrown of [new Error('no luck'), frozen, null, 7, circular]) {
      const before = thrown instanceof Error ? thrown.message : thrown
      explainInContainer(thrown)
      expect(thrown instanceof Error ? thrown.message : thrown).toBe(before)
    }
  })
})

describe('explained', () => {
  const denied = (): never => {
    throw Object.assign(new Error('no way'), { code: 'ENETUNREACH' })
  }
  const jobOf = (more: object): AnyJob =>
    explained(
      defineJob({
        input: text(),
        reduce: count(),
        map: () => undefined,
        ...more,
      } as never) as unknown as AnyJob,
    )

  it('has what a job throws, now or later, say what the container has to do with it', async () => {
    const hint = /^no way \(.*no network\)$/
    const job = jobOf({ setup: denied, map: denied, flush: async () => denied() }) as unknown as Readonly<
      Record<'setup' | 'map' | 'flush', () => unknown>
    >
    expect(() => job.setup()).toThrow(hint)
    expect(() => job.map()).toThrow(hint)
    await expect(job.flush()).rejects.toThrow(hint)
  })

  it('leaves what a job gives, and what it has not', async () => {
    const job = jobOf({ map: () => 7 }) as unknown as Readonly<Record<string, (() => unknown) | undefined>>
    expect(job.map?.()).toBe(7)
    expect([job.setup, job.flush]).toEqual([undefined, undefined])
  })
})
