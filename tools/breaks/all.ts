/** Every promise of the design, with the ways in which it is broken. */
import type { BrokenPromise } from './break.ts'
import { complete } from './complete.ts'
import { fast } from './fast.ts'
import { heisenbugs } from './heisenbugs.ts'
import { nothingLost } from './nothing-lost.ts'
import { privateByDefault } from './private.ts'
import { sameBytes } from './same-bytes.ts'
import { serverStaysUp } from './server-stays-up.ts'

export const brokenPromises: readonly BrokenPromise[] = [
  sameBytes,
  complete,
  nothingLost,
  serverStaysUp,
  heisenbugs,
  fast,
  privateByDefault,
]
