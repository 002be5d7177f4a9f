/** One case is one number: it picks a seed file, what is done to it, and how it is read. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipTarget, zipTarget } from './archives.ts'
import { jsonlTarget, textTarget } from './lines.ts'
import { mutate } from './mutate.ts'
import { frameTarget, journalTarget, recordFileTarget, resultTarget } from './own-files.ts'
import { Random } from './random.ts'
import type { Outcome, Target } from './target.ts'

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
  const random = new Random(number)
  const seed = random.pick(target.seeds)
  const mutated = mutate(seed.bytes, random)
  const place = join(folder, 'place')
  mkdirSync(place, { recursive: true })
  try {
    return await target.check(seed, Buffer.from(mutated), random, place)
  } catch (error) {
    const kept = join(folder, `case-${number}`)
    writeFileSync(kept, mutated)
    throw new Error(
      `${target.name}, case ${number} (from ${seed.name}); the file is ${kept}. Once more: node tools/run.mjs fuzz --only ${target.name} --first ${number} --cases 1`,
      { cause: error },
    )
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
