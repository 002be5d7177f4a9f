/** One case is one number: it picks a seed file, what is done to it, and how it is read. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipTarget, zipTarget } from './archives.ts'
import { jsonlTarget, textTarget } from './lines.ts'
import { mutate } from './mutate.ts'
import { frameTarget, journalTarget, recordFileTarget, resultTarget } from './own-files.ts'
import { Random } from './random.ts'
import type { Outcome, Seed, Target } from './target.ts'

export const targetNames = [
  'zip',
  'gzip',
  'text',
  'jsonl',
  'record-file',
  'journal',
  'result',
  'frames',
] as const

export type TargetName = (typeof targetNames)[number]

export async function openTarget(name: TargetName, folder: string): Promise<Target> {
  mkdirSync(folder, { recursive: true })
  switch (name) {
    case 'zip':
      return await zipTarget(folder)
    case 'gzip':
      return gzipTarget()
    case 'text':
      return textTarget()
    case 'jsonl':
      return jsonlTarget()
    case 'record-file':
      return recordFileTarget()
    case 'journal':
      return journalTarget()
    case 'result':
      return resultTarget(folder)
    case 'frames':
      return frameTarget()
  }
}

/** @throws {Error} naming the case, with the file that shows the defect kept as `folder/case-N` */
export async function runCase(target: Target, number: number, folder: string): Promise<Outcome> {
  const stackTraceLimit = Error.stackTraceLimit
  try {
    // What is refused is an error each, a thousand of them in a case: most of the time would go into where they come from.
    Error.stackTraceLimit = 0
    return await tryCase(target, number, folder)
  } catch (error) {
    Error.stackTraceLimit = stackTraceLimit
    const { seed, mutated } = contentOf(target, number)
    const kept = join(folder, `case-${number}`)
    writeFileSync(kept, mutated)
    // Once more, for where it comes from.
    const cause = await tryCase(target, number, folder).catch((again: unknown) => again)
    throw new Error(
      `${target.name}, case ${number} (from ${seed.name}); the file is ${kept}. Once more: node tools/run.mjs fuzz --only ${target.name} --first ${number} --cases 1`,
      { cause: cause instanceof Error ? cause : error },
    )
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

async function tryCase(target: Target, number: number, folder: string): Promise<Outcome> {
  const { random, seed, mutated } = contentOf(target, number)
  const place = join(folder, 'place')
  mkdirSync(place, { recursive: true })
  try {
    return await target.check(seed, Buffer.from(mutated), random, place)
  } finally {
    // The folder itself is that of the next case as well.
    for (const name of readdirSync(place)) rmSync(join(place, name), { recursive: true, force: true })
  }
}

/** The same for the same number; the chance that is left says how it is read. */
function contentOf(target: Target, number: number): { random: Random; seed: Seed; mutated: Buffer } {
  const random = new Random(number)
  const seed = random.pick(target.seeds)
  return { random, seed, mutated: mutate(seed.bytes, random) }
}
