/** What every decoder that is fuzzed is asked. */
import type { Random } from './random.ts'

export interface Seed {
  /** For people: where the file is from. */
  readonly name: string
  readonly bytes: Buffer
}

/** `as it was`: the answer is that of the whole file; `refused`: an error of ours, or a finding; `less`: what is right of it. */
export type Outcome = 'as it was' | 'refused' | 'less'

export interface Target {
  readonly name: string
  readonly seeds: readonly Seed[]
  /**
   * Reads the mutated bytes as the program would.
   *
   * @param folder an empty folder; what is in it is removed by the caller
   * @throws whatever is a defect: wrong data returned as right, or an error that is not one of tallyman's
   */
  check(seed: Seed, mutated: Buffer, random: Random, folder: string): Promise<Outcome>
}

/** Wrong data was returned as right. */
export class WrongData extends Error {}
