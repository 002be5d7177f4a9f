import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errnoOf, messageOf, TallymanError, toFault } from './errors.ts'

/** What a job may throw, by mistake or not: what has no text, or no text for a message. */
const odd: readonly [string, unknown, string][] = [
  ['an object without a prototype', Object.create(null), 'something that has no text'],
  ['an object that refuses to be a text', { toString: 1, valueOf: 1 }, 'something that has no text'],
  [
    'an error whose message is an object',
    Object.assign(new Error(), { message: { a: 1 } }),
    '[object Object]',
  ],
  [
    'an error whose message throws',
    Object.defineProperty(new Error(), 'message', {
      get() {
        throw new Error('no')
      },
    }),
    'something that has no text',
  ],
  ['a symbol', Symbol('x'), 'Symbol(x)'],
  ['undefined', undefined, 'undefined'],
  ['a text', 'no luck', 'no luck'],
  ['an error', new RangeError('no luck'), 'no luck'],
]

describe('messageOf', () => {
  it.each(odd)('gives a text for %s', (_what, thrown, text) => {
    expect(messageOf(thrown)).toBe(text)
  })
})

describe('toFault', () => {
  it.each(odd)('makes plain data of %s', (_what, thrown, text) => {
    const fault = toFault(thrown)
    expect(fault).toMatchObject({ code: 'internal', message: expect.stringContaining(text) })
    expect(JSON.parse(JSON.stringify(fault))).toEqual(fault)
  })

  it('knows a full disk, and takes every other trouble of the system for io', () => {
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    expect(toFault(full).code).toBe('disk-full')
    expect(toFault(Object.assign(new Error('odd'), { code: 'EIO' })).code).toBe('io')
  })

  it('keeps what a TallymanError says, with the stack of its cause', () => {
    const cause = new Error('deep')
    const error = new TallymanError('file-damaged', 'Damaged.', { wayOut: 'Again.', file: 'a', cause })
    expect(toFault(error)).toEqual({
      code: 'file-damaged',
      message: 'Damaged.',
      wayOut: 'Again.',
      file: 'a',
      stack: cause.stack,
    })
  })
})

describe('errnoOf', () => {
  it('is the code that the system gave', () => {
    let error: unknown
    try {
      readFileSync('/nowhere/at/all')
    } catch (thrown) {
      error = thrown
    }
    expect(errnoOf(error)).toBe('ENOENT')
  })

  // As Node 20 makes them: `test/crash/system-errors.test.ts` causes them for real.
  it.each(['UNKNOWN: unknown error, write', 'Unknown system error -122: Unknown system error -122, write'])(
    'is found in the number where Node has no name for it: %s',
    (message) => {
      const error = Object.assign(new Error(message), { code: message.split(':')[0], errno: -122 })
      expect([errnoOf(error), messageOf(error), toFault(error).code]).toEqual([
        'EDQUOT',
        'EDQUOT: disk quota exceeded, write',
        'disk-full',
      ])
    },
  )

  it('is nothing for what has no code', () => {
    for (const other of [new Error('x'), 'ENOENT', null, Object.assign(new Error('x'), { code: 7 })])
      expect(errnoOf(other)).toBeUndefined()
  })
})
