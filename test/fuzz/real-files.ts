import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Seed } from './target.ts'

/** Longer ones make few cases a second. */
const bytesMax = 200_000

/** The real files there are with such a name, none where the folder of real data is absent. */
export function realFiles(ending: string): Seed[] {
  const folder = join('..', 'shared', 'data')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ name, path: join(folder, name) }))
    .filter(
      ({ path }) => statSync(path).isFile() && statSync(path).size > 0 && statSync(path).size <= bytesMax,
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, path }) => ({ name, bytes: readFileSync(path) }))
}
