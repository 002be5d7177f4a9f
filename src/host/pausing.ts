import { type LoadChange, type LoadSample, loadChange } from './load.ts'

/** The workers that may be paused. */
export interface Crew {
  readonly working: number
  readonly paused: number
  /** When this last changed, by the samples' clock: what was measured before says nothing about it. */
  readonly changedAtMs: number
}

/** What to do now with one worker, and why, in words for people. */
export type PauseDecision =
  | { readonly action: 'stay' }
  | { readonly action: 'pause' | 'resume'; readonly reason: string }

/**
 * Others must have been short of something for as long before a worker is paused, and have had enough for as long before one is
 * resumed: backing off is quick, coming back is slow, so that a neighbour who pauses to think does not set us swinging.
 */
const pauseAfterMs = 3_000
const resumeAfterMs = 10_000

/**
 * Decides whether a worker should be paused because others need the machine, or resumed because they do not. Pure. One
 * worker at a time, and the last is never paused: the run gets on, whatever the others do.
 *
 * Others need the machine when, in every interval of the last {@link pauseAfterMs},
 * - all cores were busy, others used half a core or more, and our workers were more than what they left (by as much), or
 * - somebody else waited, at its end, for a disk that kept threads waiting over 40 % of it, or
 * - everything stood still for want of memory over 10 % of the time, no matter for whom.
 *
 * They do not when, in every interval of the last {@link resumeAfterMs}, three quarters of a core were idle, memory was at a
 * quarter of that bound, and nobody else waited for the disk or it was at a quarter of its bound. Between the two nothing changes.
 *
 * @param samples in order of time, a second or so apart; older ones than needed do no harm
 */
export function shouldPause(samples: readonly LoadSample[], crew: Crew): PauseDecision {
  const pause = crew.working < 2 ? null : inEvery(samples, crew, pauseAfterMs, reasonToPause)
  if (pause !== null) return { action: 'pause', reason: pause }
  const resume = crew.paused < 1 ? null : inEvery(samples, crew, resumeAfterMs, reasonToResume)
  return resume === null ? { action: 'stay' } : { action: 'resume', reason: resume }
}

/** What happened between two samples side by side, and the later one. */
interface Interval {
  readonly change: LoadChange
  readonly after: LoadSample
}

/** The last interval's reason, if the intervals cover the time and each has one. */
function inEvery(
  samples: readonly LoadSample[],
  crew: Crew,
  spanMs: number,
  reasonOf: (interval: Interval, crew: Crew) => string | null,
): string | null {
  const last = samples.at(-1)
  if (last === undefined) return null
  const start = samples.findLastIndex(({ atMs }) => atMs <= last.atMs - spanMs)
  const first = samples[start]
  if (first === undefined || first.atMs < crew.changedAtMs) return null
  let reason: string | null = null
  for (let index = start + 1; index < samples.length; index++) {
    const [before, after] = [samples[index - 1], samples[index]]
    if (before === undefined || after === undefined) return null
    reason = reasonOf({ after, change: loadChange(before, after) }, crew)
    if (reason === null) return null
  }
  return reason
}

/** From this share of busy cores on, somebody may have had to wait for one. */
const fullShare = 0.9

/** Of cores: who uses less lacks none for our sake, and what we are too many by is less than one worker. */
const noticed = 0.5

const diskStalledMax = 0.4
const memoryStoppedMax = 0.1
/** Below this part of a bound it is well again. */
const calm = 0.25

function reasonToPause({ change, after }: Interval, { working }: Crew): string | null {
  const room = after.cores - change.othersCores
  if (change.busyShare >= fullShare && change.othersCores >= noticed && working >= room + noticed)
    return `others use ${change.othersCores.toFixed(1)} of ${after.cores} cores`
  if ((change.memoryStoppedShare ?? 0) > memoryStoppedMax)
    return `everything stood still for want of memory ${percent(change.memoryStoppedShare)} of the time`
  const othersWait = after.blocked > after.own.blocked
  // Without pressure stall information that others wait has to do.
  if (othersWait && (change.diskStalledShare ?? 1) > diskStalledMax) return 'others wait for the disk'
  return null
}

function reasonToResume({ change, after }: Interval): string | null {
  const idleCores = after.cores * (1 - change.busyShare)
  const isCalm =
    (change.memoryStoppedShare ?? 0) <= memoryStoppedMax * calm &&
    ((change.diskStalledShare ?? 0) <= diskStalledMax * calm || after.blocked <= after.own.blocked)
  return idleCores >= 0.75 && isCalm ? `${idleCores.toFixed(1)} of ${after.cores} cores are idle` : null
}

function percent(share: number | null): string {
  return `${Math.round((share ?? 0) * 100)} %`
}
