/** Where the cases of the suite work, and which of them a kind of worker leaves out. */
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { leftBehind, markName } from '../../fixtures/process-tree.ts'
import type { PoolOptions, TestedPool, Workplace } from '../workplace.ts'

/** What the suite needs of a place to work in. */
export type Place = Pick<Workplace, 'mark' | 'directory' | 'write' | 'path' | 'logs'> & {
  openPool(options?: PoolOptions): Promise<TestedPool>
}

/** Cases that do not apply, by title, each with the reason. */
export type LeftOut = Readonly<Record<string, string>>

/** `it` for the cases that apply. */
export function without(leftOut: LeftOut): (title: string, act: () => Promise<void>) => void {
  return (title, act) => {
    if (leftOut[title] === undefined) it(title, act)
  }
}

/** Makes a place for each test, and sees to it that nothing is left of its processes. */
export function inPlace<P extends Place & { close(): Promise<void> }>(make: () => P): () => P {
  let place: P
  beforeEach(() => {
    place = make()
  })
  afterEach(async () => {
    const { mark } = place
    await place.close()
    expect(await leftBehind(mark)).toEqual([])
  })
  return () => place
}

/** A place that several tests have, and the pool there. */
export interface SharedPlace {
  readonly place: () => Place
  readonly pool: () => Promise<TestedPool>
}

/**
 * Makes one place and one pool for tests that only have attempts end in it: the worker that replaces the one that a test has lost is the next test's. To start
 * it takes most of such a test. Ids of their attempts are each its own.
 */
export function inOnePlace(
  make: () => Place & { close(): Promise<void> },
  options?: PoolOptions,
): SharedPlace {
  let place: ReturnType<typeof make> | undefined
  let opening: Promise<TestedPool> | undefined
  const here = (): ReturnType<typeof make> => {
    place ??= make()
    return place
  }
  // A worker that is started in the course of a test is one of this place's.
  beforeEach(() => {
    process.env[markName] = here().mark
  })
  afterEach(() => {
    delete process.env[markName]
  })
  afterAll(async () => {
    if (place === undefined) return
    const { mark } = place
    await place.close()
    expect(await leftBehind(mark)).toEqual([])
  })
  return {
    place: here,
    pool: () => {
      opening ??= here().openPool(options)
      return opening
    },
  }
}
