// @ts-check
/** Runs programs in rounds, each once a round, and lets times count only where the answer is right. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measure } from './measure.mjs'
import { differenceOf, readAnswer } from './rows.mjs'

const projectDir = fileURLToPath(new URL('..', import.meta.url))

/** @typedef {import('./measure.mjs').Times} Times */
/** @typedef {import('./works.mjs').Program} Program */
/** @typedef {import('./works.mjs').Work} Work */
/** @typedef {{ readonly program: Program, readonly runs: readonly Times[] } | { readonly program: Program, readonly refused: string }} Outcome */

/**
 * Every program of a work, in rounds: what slows the machine down for a while slows them all. A program that fails or answers
 * wrongly has no times at all, whatever its other rounds were.
 *
 * @param {Work} work
 * @param {{ readonly rounds: number, readonly folder: string }} order
 * @returns {Promise<readonly Outcome[]>}
 */
export async function runRounds(work, { rounds, folder }) {
  const right = await readAnswer(work.expected)
  /** @type {Map<Program, Times[]>} */
  const runs = new Map(work.programs.map((program) => [program, []]))
  /** @type {Map<Program, string>} */
  const refused = new Map()
  for (let round = 0; round < rounds; round++) {
    for (const program of turned(work.programs, round)) {
      if (refused.has(program)) continue
      const { times, fault } = await runOnce(program, work, { folder, right })
      if (fault === null) runs.get(program)?.push(times)
      else refused.set(program, fault)
    }
  }
  return work.programs.map((program) => {
    const reason = refused.get(program)
    return reason === undefined ? { program, runs: runs.get(program) ?? [] } : { program, refused: reason }
  })
}

/**
 * Each round begins with another program.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {number} by
 */
function turned(list, by) {
  const at = by % Math.max(1, list.length)
  return [...list.slice(at), ...list.slice(0, at)]
}

/**
 * @param {Program} program
 * @param {Work} work
 * @param {{ readonly folder: string, readonly right: import('./rows.mjs').Answer }} scene
 */
async function runOnce(program, work, { folder, right }) {
  const place = mkdtempSync(join(folder, 'run-'))
  try {
    const { times, fault: failure } = await measure(program.call(work.input), place)
    const fault = failure ?? (await wrongnessOf(program.answer(place), work.expected, right))
    // A record names no folder of the machine it was made on.
    const nameless = [place, folder, projectDir].reduce(
      (said, path) => said?.replaceAll(path, ''),
      fault ?? undefined,
    )
    return { times, fault: nameless ?? null }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/**
 * @param {import('./rows.mjs').AnswerFiles} files
 * @param {import('./rows.mjs').AnswerFiles} expected
 * @param {import('./rows.mjs').Answer} right
 */
async function wrongnessOf(files, expected, right) {
  try {
    const found = await readAnswer(files)
    if (found.rows === right.rows && found.digest === right.digest) return null
    return `answers wrongly: ${await differenceOf(files, expected)}`
  } catch (error) {
    return `answers wrongly: ${error instanceof Error ? error.message : error}`
  }
}
