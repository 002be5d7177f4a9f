// @ts-check
/** What a run of the benchmark leaves behind: medians, spreads and ratios. */

/** @typedef {import('./rounds.mjs').Outcome} Outcome */
/** @typedef {{ readonly median: number, readonly min: number, readonly max: number }} Spread */
/**
 * @typedef {object} Measured a program of a work
 * @property {string} program
 * @property {string} says
 * @property {'tallyman' | 'peer'} kind
 * @property {number} cores
 * @property {string} [refused] why it has no times
 * @property {Spread} [wallSeconds]
 * @property {Spread} [cpuSeconds]
 * @property {number} [peakMiB] of all its processes together, the highest of all rounds
 */
/** @typedef {{ readonly tallyman: string, readonly peer: string, readonly wall: number, readonly cpu: number }} Ratio above 1 where tallyman takes less */
/** @typedef {{ readonly work: string, readonly says: string, readonly bytes: number, readonly measured: readonly Measured[], readonly ratios: readonly Ratio[] }} WorkRecord */
/**
 * @typedef {object} BenchRecord
 * @property {'bench'} benchmark
 * @property {string} at
 * @property {boolean} quick
 * @property {number} rounds
 * @property {number} seed
 * @property {ReturnType<typeof import('./machine.mjs').describeMachine>} machine
 * @property {number} loadBefore average over a minute before the first run: above 0.5, others were at work
 * @property {Readonly<Record<string, string>>} versions
 * @property {Readonly<Record<string, string>>} absent peers that were left out, and why
 * @property {readonly WorkRecord[]} works
 */

const MiB = 2 ** 20

/**
 * @param {import('./works.mjs').Work} work
 * @param {readonly Outcome[]} outcomes
 * @returns {WorkRecord}
 */
export function recordOf(work, outcomes) {
  return {
    work: work.name,
    says: work.says,
    bytes: work.input.bytes,
    measured: outcomes.map(measuredOf),
    ratios: ratiosOf(outcomes),
  }
}

/**
 * @param {Outcome} outcome
 * @returns {Measured}
 */
function measuredOf(outcome) {
  const { name, says, kind, cores } = outcome.program
  const head = { program: name, says, kind, cores }
  if ('refused' in outcome) return { ...head, refused: outcome.refused }
  return {
    ...head,
    wallSeconds: spreadOf(outcome.runs.map(({ wallSeconds }) => wallSeconds)),
    cpuSeconds: spreadOf(outcome.runs.map(({ cpuSeconds }) => cpuSeconds)),
    peakMiB: Math.ceil(Math.max(...outcome.runs.map(({ peakBytes }) => peakBytes)) / MiB),
  }
}

/**
 * Each tallyman against each peer on as many cores: medians of the ratios within a round, which noise that lasts leaves alone.
 *
 * @param {readonly Outcome[]} outcomes
 * @returns {Ratio[]}
 */
function ratiosOf(outcomes) {
  const counted = outcomes.flatMap((outcome) => ('runs' in outcome ? [outcome] : []))
  const ours = counted.filter(({ program }) => program.kind === 'tallyman')
  const theirs = counted.filter(({ program }) => program.kind === 'peer')
  return ours.flatMap(({ program, runs }) =>
    theirs
      .filter((peer) => peer.program.cores === program.cores)
      .map((peer) => {
        const ratio = (/** @type {'wallSeconds' | 'cpuSeconds'} */ what) =>
          rounded(median(runs.map((times, round) => (peer.runs[round]?.[what] ?? Number.NaN) / times[what])))
        return {
          tallyman: program.name,
          peer: peer.program.name,
          wall: ratio('wallSeconds'),
          cpu: ratio('cpuSeconds'),
        }
      }),
  )
}

/**
 * @param {readonly number[]} numbers
 * @returns {Spread}
 */
function spreadOf(numbers) {
  return {
    median: rounded(median(numbers)),
    min: rounded(Math.min(...numbers)),
    max: rounded(Math.max(...numbers)),
  }
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]]
  return sorted.length % 2 === 1 ? high : (low + high) / 2
}

/** @param {number} number */
function rounded(number) {
  return Math.round(number * 1000) / 1000
}
