import { basename } from 'node:path'
import { toFsBytes } from '../path-bytes.ts'
import { shellWord } from '../shell-word.ts'
import { inputName } from '../split-name.ts'
import type { InputProblem } from './discovery.ts'

/**
 * Is this problem one the user accepted by name? A name is the path as the problem shows it, its last part, the missing
 * day (YYYY-MM-DD), or for a member `archive!member` with either form of the archive. The name of an archive accepts what
 * is wrong with its members, too. A name with bytes that are not UTF-8 reaches a program with U+FFFD in their place: that
 * form is taken as well.
 *
 * @param accepted what `--accept` or the job named
 */
export function matchesAccepted(
  { path, member }: Pick<InputProblem, 'path' | 'member'>,
  accepted: readonly string[],
): boolean {
  const base = path.slice(path.lastIndexOf('/') + 1)
  const names = new Set([path, base])
  if (member !== null) {
    names.add(inputName(path, member))
    names.add(inputName(base, member))
  }
  for (const name of [...names]) names.add(toFsBytes(name).toString('utf8'))
  return accepted.some((name) => names.has(name.replace(/^(\.\/+)+/, '')) || names.has(name))
}

/** The option that accepts an input, or a member of an archive, by its shortest name: the same wherever people are told of it. */
export function acceptInput(path: string, member: string | null = null): string {
  return acceptOption(inputName(basename(path), member))
}

/** The option that accepts a name, as it is typed in a shell. */
export function acceptOption(name: string): string {
  return `--accept${name.startsWith('-') ? '=' : ' '}${shellWord(name)}`
}
