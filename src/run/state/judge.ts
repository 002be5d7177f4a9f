import type { Fault } from '../../errors.ts'
import { acceptInput, type InputProblem, inputName, matchesAccepted, memberOf } from '../../input/index.ts'
import type { RunEvent } from '../journal/events.ts'
import type { BadRecordLimit } from '../options.ts'
import type { Shortfall } from './shortfall.ts'
import { mixedSideFiles, sayMixed } from './side-files.ts'
import type { RunState } from './state.ts'
import { inputTotals, mostAreRejected, totalsOf } from './totals.ts'

/** What the map stage came to, as it is journaled. */
export type Verdict = Extract<RunEvent, { type: 'map-stage-ended' | 'refused' }>

/**
 * What becomes of a run whose map tasks are all done: it goes on where nothing is lacking, or what is was accepted. Pure.
 *
 * @param at milliseconds since the epoch
 */
export function judgeMapStage(state: RunState, at: number): Verdict {
  const shortfalls = findShortfalls(state)
  return shortfalls.every(({ accepted }) => accepted)
    ? { type: 'map-stage-ended', at, accepted: shortfalls }
    : { type: 'refused', at, shortfalls }
}

/**
 * All that is lacking, once every map task is done: what planning found missing or damaged, what turned out damaged as
 * it was read, archives and files of a series without a record among others that have some, files that the job reads itself and
 * that were changed meanwhile, and rejected records beyond the limit. Pure.
 */
export function findShortfalls(state: RunState): Shortfall[] {
  const { plan } = state
  const problems = [
    ...plan.discovery.problems,
    ...[...state.damaged]
      .sort(([a], [b]) => a - b)
      .map(([ordinal, fault]) => damageOf(state, ordinal, fault)),
    ...emptyInputs(state),
    ...changedSideFiles(state),
  ]
  const inputs = problems.map((problem): Shortfall => {
    const { path, member, message } = problem
    return {
      kind: 'input',
      name: inputName(path, member),
      message,
      wayOut: problem.wayOut ?? null,
      accepted: matchesAccepted(problem, plan.accept),
    }
  })
  return [...inputs, ...rejectedBeyond(state, plan.badRecords)]
}

function damageOf(state: RunState, ordinal: number, fault: Fault): InputProblem {
  const split = state.plan.splits[ordinal]
  return {
    path: split?.path ?? '',
    member: split === undefined ? null : memberOf(split),
    byte: null,
    code: fault.code,
    message: fault.message,
    ...(fault.wayOut === undefined ? {} : { wayOut: fault.wayOut }),
  }
}

/**
 * An archive, or a file of a dated series, that holds nothing where others hold records is a day that was lost on its way here. Other
 * plain files may be empty.
 */
function emptyInputs(state: RunState): InputProblem[] {
  const damagedPaths = new Set([...state.damaged.keys()].map((ordinal) => state.plan.splits[ordinal]?.path))
  const knownPaths = new Set(state.plan.discovery.problems.map(({ path }) => path))
  const totals = inputTotals(state)
  const holds = ({ records, rejected }: { records: number; rejected: number }): boolean =>
    records + rejected > 0
  if (!totals.some(holds)) return []
  return totals
    .filter(
      ({ path, kind, ...counts }) =>
        (kind !== 'plain' || state.plan.discovery.series !== null) &&
        !holds(counts) &&
        !damagedPaths.has(path) &&
        !knownPaths.has(path),
    )
    .map(({ path }) => ({
      path,
      member: null,
      byte: null,
      code: 'input-damaged',
      message: `${path} holds no record, although others do.`,
      wayOut: `Get it again; if it is known to be empty, say ${acceptInput(path)}.`,
    }))
}

function changedSideFiles({ map }: RunState): InputProblem[] {
  return mixedSideFiles(map).map((path) => ({
    path,
    member: null,
    byte: null,
    code: 'input-changed',
    message: sayMixed(path),
    wayOut: `Run again; where that makes no difference, say ${acceptInput(path)}.`,
  }))
}

function rejectedBeyond(state: RunState, limit: BadRecordLimit): Shortfall[] {
  const { records, rejected } = totalsOf(state)
  if (rejected === 0) return []
  const share = (100 * rejected) / (records + rejected)
  const accepted = limit.kind === 'count' ? rejected <= limit.count : share <= limit.percent
  const count = rejected === 1 ? '1 record was' : `${rejected} records were`
  const tolerated = limit.kind === 'count' ? String(limit.count) : `${limit.percent}%`
  return [
    {
      kind: 'rejected',
      message: `${count} rejected, ${showShare(share)} of all; ${tolerated} tolerated.`,
      wayOut: mostAreRejected({ records, rejected })
        ? sayMisfit
        : `Mend the records or the job, or tolerate them: --max-bad ${rejected}.`,
      accepted,
    },
  ]
}

/** What to do where most records are rejected. */
export const sayMisfit =
  'More than half of all records are rejected: the job or its input format does not fit these files. Look at the first of them and why, mend the job, and run it again.'

/** A share of records for people: three digits, and no exponent. */
function showShare(percent: number): string {
  return percent < 0.01 ? 'less than 0.01%' : `${Number(percent.toPrecision(3))}%`
}
