/**
 * What marked sources import: it notes in a file which branches were run, whoever runs them, and however that ends.
 *
 * A branch is a byte of the file, which a process writes when it runs the branch first and nobody has before. So what is killed a moment later counts, as it does not in V8's own coverage, which
 * is written when a process ends by itself: workers are killed.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

/** A byte for each branch: 0, and 1 once it was run. `npm run branches` puts the file's place here. */
const file = 'MARKS FILE'

const marks = readMarks()

/** None where the file is out of reach, as it is in a container: nothing is noted there. */
function readMarks(): Uint8Array {
  try {
    return readFileSync(file)
  } catch {
    return new Uint8Array()
  }
}

/** A branch is run. */
export function __branch(number: number): void {
  if (marks[number] === 0) note(number)
}

function note(number: number): void {
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
