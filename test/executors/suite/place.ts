/** Where the cases of the suite work, and which of them a kind of worker leaves out. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { leftBehind } from '../../fixtures/process-tree.ts'
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
