import { closeSync, openSync, readSync } from 'node:fs'
import { errnoOf } from '../../errors.ts'
import { inputName } from '../../input/index.ts'
import { showCount } from '../../quantities.ts'
import type { RunDirectory } from './directory.ts'
import type { RejectedRecord } from './rejected-list.ts'

/** Bytes that the first records are looked for in. */
const headBytes = 256 * 1024

/**
 * The first rejected records of a run, in the order of the records: at most so many, and those that the first 256 KiB of the list
 * hold whole. None where nothing is listed, as while records are still mapped.
 */
export function firstRejected({ rejectedFile }: RunDirectory, recordsMax: number): RejectedRecord[] {
  let fd: number
  try {
    fd = openSync(rejectedFile, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
  try {
    const bytes = Buffer.alloc(headBytes)
    const length = readSync(fd, bytes, 0, headBytes, 0)
    const lines = bytes.toString('utf8', 0, length).split('\n').slice(0, -1)
    return lines.slice(0, recordsMax).map((line) => JSON.parse(line) as RejectedRecord)
  } finally {
    closeSync(fd)
  }
}

/** `day.zip!03.jsonl, line 1,234 (byte 56,789)`. */
export function sayRejectedPlace({
  path,
  member,
  line,
  byte,
}: Pick<RejectedRecord, 'path' | 'member' | 'line' | 'byte'>): string {
  return `${inputName(path, member)}, line ${showCount(line)} (byte ${showCount(byte)})`
}
