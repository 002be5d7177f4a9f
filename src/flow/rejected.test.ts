import { describe, expect, it } from 'vitest'
import { TallymanError } from '../errors.ts'
import { whyRejected } from './rejected.ts'

/** An error with these frames. */
function thrown<E extends Error>(error: E, ...frames: readonly string[]): E {
  error.stack = [`${error.name}: ${error.message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n')
  return error
}

const own = { atByte: null, by: 'mapper' }

describe('whyRejected', () => {
  it('says what the map threw, with its frames and none of the engine', () => {
    const frames = ['map (/j/a.job.ts:3:9)', '#mapRecord (/t/worker.js:1:2)', 'async run (/t/worker.js:3:4)']
    expect(whyRejected(thrown(new RangeError('too far'), ...frames))).toEqual({
      ...own,
      reason: 'map threw: too far',
      stack: 'RangeError: too far\n    at map (/j/a.job.ts:3:9)',
    })
  })

  it('says where a bigint comes from that a map does not know what to do with', () => {
    const reasonOf = (act: () => unknown): string => {
      try {
        act()
        return 'nothing was thrown'
      } catch (error) {
        return whyRejected(error).reason
      }
    }
    for (const act of [() => JSON.stringify(1n), () => Math.max(1n as never, 1)])
      expect(reasonOf(act)).toMatch(/BigInt.*jsonl\(\{ integers: 'number' \}\)/)
    expect(reasonOf(() => (null as never)[0])).not.toContain('jsonl')
  })

  it('has all frames of what was made before the map was called', () => {
    const { stack } = whyRejected(thrown(new Error('old'), 'Object.<anonymous> (/j/a.job.ts:1:1)'))
    expect(stack).toBe('Error: old\n    at Object.<anonymous> (/j/a.job.ts:1:1)')
  })

  it('says what to do where that is known', () => {
    const wayOut = 'Emit less.'
    expect(whyRejected(new TallymanError('value-invalid', 'It is none.'))).toMatchObject({
      ...own,
      reason: 'It is none.',
    })
    expect(whyRejected(new TallymanError('value-invalid', 'It is none.', { wayOut }))).toMatchObject({
      ...own,
      reason: 'It is none. Emit less.',
    })
  })

  it('has no frames of what is no error', () => {
    expect(whyRejected('enough')).toEqual({ ...own, reason: 'map threw: enough' })
  })
})
