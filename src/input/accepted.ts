import type { InputProblem } from './discovery.ts'
import { shellWord } from './shell-word.ts'

/**
 * Is this problem one the user accepted by name? A name is the path as the problem shows it, its last part, the missing
 * day (YYYY-MM-DD), or for a member `archive!member` with either form of the archive. The name of an archive accepts what
 * is wrong with its members, too.
 *
 * @param accepted what `--accept` or the job named
 */
export function matchesAccepted(problem: InputProblem, accepted: readonly string[]): boolean {
  const { path, member } = problem
  const base = path.slice(path.lastIndexOf('/') + 1)
  const names = new Set([path, base])
  if (member !== null) {
    names.add(`${path}!${member}`)
    names.add(`${base}!${member}`)
  }
  return accepted.some((name) => names.has(name.replace(/^(\.\/+)+/, '')) || names.has(name))
}

/** The option that accepts a name, as it is typed in a shell. */
export function acceptOption(name: string): string {
  return `--accept ${shellWord(name)}`
}
