/**
 * What `import fc from 'fast-check'` brings in a process that tries mutants. Random tests try the same few cases with every mutant, and do not search for the smallest one that
 * fails. Not for a time: how often they pass a place is to be the same when the machine has much to do.
 */
import fc from 'fast-check'

export * from 'fast-check'

const runsMax = 20

const assert = <Ts>(property: fc.IRawProperty<Ts>, parameters: fc.Parameters<Ts> = {}) =>
  fc.assert(property, {
    ...parameters,
    seed: 2020,
    numRuns: Math.min(parameters.numRuns ?? 100, runsMax),
    endOnFailure: true,
  })

export default { ...fc, assert }
