/** What runs in front of marked sources: it notes in a file which branches were run, whoever runs them, and however that ends. */
import { transformSync } from 'esbuild'
import { markName } from './mark-branches.ts'

/**
 * Declares what marks call, in one line and without an import, since some sources are run as texts.
 *
 * A branch is a byte of the file, which a process writes when it runs the branch first and nobody has before. So what is killed a moment later counts, as it does not in V8's own coverage, which
 * is written when a process ends by itself: workers are killed.
 *
 * @param file absolute path, with a byte for each branch: 0, and 1 once it was run
 */
export function preludeOf(file: string): string {
  const { code } = transformSync(
    `const ${markName} = (globalThis[Symbol.for('tallyman.branches')] ??= (${String(openMarks)})(${JSON.stringify(file)}));`,
    { target: 'node20', minifyWhitespace: true, charset: 'utf8' },
  )
  return code.trim()
}

/** Stands in sources as text, and so knows of nothing that is around it here. Where the file is out of reach, as it is in a container, nothing is noted. */
function openMarks(file: string): (number: number) => void {
  const { closeSync, openSync, readFileSync, writeSync } = process.getBuiltinModule('node:fs')
  let marks: Uint8Array
  try {
    marks = readFileSync(file)
  } catch {
    return () => undefined
  }
  const note = (number: number): void => {
    try {
      // Not kept open: there are tests that count the open files of a process.
      const descriptor = openSync(file, 'r+')
      writeSync(descriptor, Uint8Array.of(1), 0, 1, number)
      closeSync(descriptor)
      marks[number] = 1
    } catch {
      // No file may be opened just now, which some tests are about: the next time that it is run.
    }
  }
  return (number) => {
    if (marks[number] === 0) note(number)
  }
}
