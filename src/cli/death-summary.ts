import type { DeathRecord } from '../executor/index.ts'
import { printable } from './printable.ts'
import { countOf, showBytes, showCount, showDuration } from './quantities.ts'

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
  if (record !== null && attempt.work.kind === 'map') {
    const split = attempt.work.splits.find(({ ordinal }) => ordinal === record.ordinal)
    const member = split?.kind === 'zip-member' ? `!${split.member}` : ''
    return `at the record of ${printable(`${split?.path ?? 'split'}${member}`)} that begins at byte ${showCount(record.byte)}`
  }
  if (progress === null) return ''
  const what = attempt.work.kind === 'map' ? 'record' : 'group'
  const { records, groups } = progress
  return `last heard of after ${countOf(attempt.work.kind === 'map' ? records : groups, what)}`
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
