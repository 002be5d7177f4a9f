/** Which lines of the sources a change touches, in the form that Stryker takes: `src/record/key.ts:12-15`. */
import { readFileSync } from 'node:fs'
import { runProgram } from '../run-program.ts'
import { isMutated } from './rooms.ts'

export interface ChangedLines {
  readonly path: string
  /** The first line is 1; the last one belongs to it. */
  readonly first: number
  readonly last: number
}

/** Reads what `git diff --unified=0` prints. Places where lines were only taken away have nothing to be changed. */
export function parseDiff(diff: string): ChangedLines[] {
  const changed: ChangedLines[] = []
  let path = ''
  for (const line of diff.split('\n')) {
    if (line.startsWith('+++ ')) path = line.replace(/^\+\+\+ (b\/)?/, '').trimEnd()
    const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line)
    if (hunk === null) continue
    const first = Number(hunk[1])
    const count = Number(hunk[2] ?? '1')
    if (count > 0 && isMutated(path)) changed.push({ path, first, last: first + count - 1 })
  }
  return changed
}

/**
 * What differs from the last commit: lines changed, and all lines of files that git does not know yet. None where there
 * is no git, or no commit.
 */
export async function changedLines(): Promise<ChangedLines[]> {
  const git = async (...args: string[]): Promise<string> => {
    try {
      const { exitCode, output } = await runProgram('git', args)
      return exitCode === 0 ? output : ''
    } catch {
      // There is no git here: then there is no commit to compare with.
      return ''
    }
  }
  const diff = await git('diff', '--unified=0', '--no-color', '--no-ext-diff', 'HEAD', '--', 'src')
  const unknown = await git('ls-files', '--others', '--exclude-standard', '--', 'src')
  const added = unknown
    .split('\n')
    .filter(isMutated)
    .map((path) => ({ path, first: 1, last: readFileSync(path, 'utf8').split('\n').length }))
  return [...parseDiff(diff), ...added]
}
