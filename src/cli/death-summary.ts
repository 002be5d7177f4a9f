import type { DeathRecord } from '../executor/index.ts'
import type { RecordPlace } from '../flow/index.ts'
import { printable } from '../printable.ts'
import { countOf, showBytes, showCount, showDuration } from '../quantities.ts'

/** What is left of an attempt that failed, in a few lines. */
export function sayDeath(death: DeathRecord): string[] {
  const { startedAt, endedAt, limits, openFiles } = death
  const after = `after ${showDuration(endedAt - startedAt)}`
  const memory = sayMemory(death)
  const files = openFiles === null ? [] : [`${countOf(openFiles.count, 'open file')}`]
  const heap = [`heap limit ${showBytes(limits.heapBytes)}`]
  return [sayPlace(death), [after, ...memory, ...files, ...heap].join(', ')].filter((line) => line !== '')
}

/** The record it was at where that is known, else how far it was. */
function sayPlace({ attempt, record, progress }: DeathRecord): string {
  if (record !== null) return `at the record ${sayRecord(attempt.work, record)}`
  if (progress === null) return ''
  const what = attempt.work.kind === 'map' ? 'record' : 'group'
  const { records, groups } = progress
  return `last heard of after ${countOf(attempt.work.kind === 'map' ? records : groups, what)}`
}

/** `of b.txt that begins at byte 12`. */
export function sayRecord(work: DeathRecord['attempt']['work'], { ordinal, byte }: RecordPlace): string {
  const splits = work.kind === 'map' ? work.splits : []
  const split = splits.find((one) => one.ordinal === ordinal)
  const member = split?.kind === 'zip-member' ? `!${split.member}` : ''
  const of = split === undefined ? '' : `of ${printable(`${split.path}${member}`)} `
  return `${of}that begins at byte ${showCount(byte)}`
}

/** `memory 60 MB to 180 MB`. */
function sayMemory({ memory }: DeathRecord): string[] {
  const [first] = memory
  if (first === undefined) return []
  const most = memory.reduce((max, { bytes }) => Math.max(max, bytes), 0)
  return [
    `memory ${most === first.bytes ? showBytes(most) : `${showBytes(first.bytes)} to ${showBytes(most)}`}`,
  ]
}
