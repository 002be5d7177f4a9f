import { closeSync, openSync, readSync } from 'node:fs'
import { inputName } from '../../input/index.ts'
import { showCount } from '../../quantities.ts'
import type { RejectedRecord, RunDirectory } from '../../run/index.ts'
import type { RejectedView } from './run-view.ts'

const shownMax = 20
/** Room for so many, whose texts are short. */
const headBytes = 128 * 1024

/** How many records were rejected, and the first of them; they are listed once the map stage has ended. */
export function rejectedView(directory: RunDirectory, total: number): RejectedView {
  return { total, first: total === 0 ? [] : firstLines(directory.rejectedFile).map(lineOf) }
}

function firstLines(file: string): RejectedRecord[] {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch {
    // Not written yet.
    return []
  }
  try {
    const bytes = Buffer.alloc(headBytes)
    const length = readSync(fd, bytes, 0, headBytes, 0)
    const lines = bytes.toString('utf8', 0, length).split('\n').slice(0, -1).slice(0, shownMax)
    return lines.map((line) => JSON.parse(line) as RejectedRecord)
  } catch {
    // Being written anew.
    return []
  } finally {
    closeSync(fd)
  }
}

function lineOf({
  path,
  member,
  line,
  byte,
  reason,
  excerpt,
}: RejectedRecord): RejectedView['first'][number] {
  return {
    place: `${inputName(path, member)}, line ${showCount(line)} (byte ${showCount(byte)})`,
    reason,
    excerpt,
  }
}
