import { basename } from 'node:path'
import type { InputTotals } from '../../run/index.ts'

/** In what an input is not the same as before. */
export type InputAspect = 'records' | 'rejected' | 'size' | 'members' | 'kind' | 'mtime' | 'path'

/** An input of both results. */
export interface InputChange {
  readonly before: InputTotals
  readonly after: InputTotals
  /** The weightiest first; never empty. */
  readonly aspects: readonly InputAspect[]
}

/** How the inputs of two results differ. */
export interface InputsDiff {
  readonly added: readonly InputTotals[]
  readonly removed: readonly InputTotals[]
  /** Those with the weightiest aspect first, then in the order of inputs. */
  readonly changed: readonly InputChange[]
  readonly same: number
}

const aspects: readonly (readonly [InputAspect, (input: InputTotals) => unknown])[] = [
  ['records', ({ records }) => records],
  ['rejected', ({ rejected }) => rejected],
  ['size', ({ sizeBytes }) => sizeBytes],
  ['members', ({ members }) => members],
  ['kind', ({ kind }) => kind],
  ['mtime', ({ mtimeNs }) => mtimeNs],
  ['path', ({ path }) => path],
]

/**
 * Compares two lists of inputs. An input is the same file when its path is, or, for what is left, when its name is and no
 * other has that name: runs are started in other folders and on other machines.
 */
export function diffInputs(before: readonly InputTotals[], after: readonly InputTotals[]): InputsDiff {
  const byPath = matchBy(({ path }) => path, before, after)
  const byName = matchBy(({ path }) => basename(path), byPath.before, byPath.after)
  const pairs = [...byPath.pairs, ...byName.pairs].map(([a, b]) => ({
    before: a,
    after: b,
    aspects: aspects.filter(([, of]) => of(a) !== of(b)).map(([aspect]) => aspect),
  }))
  const changed = pairs.filter((pair) => pair.aspects.length > 0).sort((a, b) => weightOf(a) - weightOf(b))
  return { added: byName.after, removed: byName.before, changed, same: pairs.length - changed.length }
}

function weightOf({ aspects: [first] }: InputChange): number {
  return aspects.findIndex(([aspect]) => aspect === first)
}

/** Pairs what has the same name, where one of each has it; the rest of both stays in order. */
function matchBy(
  nameOf: (input: InputTotals) => string,
  before: readonly InputTotals[],
  after: readonly InputTotals[],
): {
  readonly pairs: readonly (readonly [InputTotals, InputTotals])[]
  readonly before: readonly InputTotals[]
  readonly after: readonly InputTotals[]
} {
  const [ofBefore, ofAfter] = [onlyOnes(nameOf, before), onlyOnes(nameOf, after)]
  const pairs = [...ofBefore].flatMap(([name, a]) => {
    const b = ofAfter.get(name)
    return b === undefined ? [] : [[a, b] as const]
  })
  const paired = new Set(pairs.flat())
  const isLeft = (input: InputTotals): boolean => !paired.has(input)
  return { pairs, before: before.filter(isLeft), after: after.filter(isLeft) }
}

/** By name; what shares its name with another is left out. */
function onlyOnes(
  nameOf: (input: InputTotals) => string,
  inputs: readonly InputTotals[],
): ReadonlyMap<string, InputTotals> {
  const byName = new Map(inputs.map((input) => [nameOf(input), input]))
  const shared = inputs.filter((input) => byName.get(nameOf(input)) !== input)
  for (const input of shared) byName.delete(nameOf(input))
  return byName
}
