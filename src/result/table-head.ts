import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { CommittedTable } from '../run/index.ts'

/** The first rows of a table, for people. */
export interface TableHead {
  readonly table: string
  readonly file: string
  /** Of the whole table. */
  readonly rows: number
  readonly head: readonly HeadRow[]
}

/** A row as JSON texts: numbers keep the digits they have. */
export interface HeadRow {
  /** Elements of the key; one for a scalar. */
  readonly key: readonly string[]
  readonly value: string
}

/** Bytes that the first rows are looked for in. */
const headBytes = 256 * 1024

/** The first rows of a table written as JSON lines; rows cut off by 256 KiB are left out. */
export function readHead(directory: string, table: CommittedTable, rowsMax: number): TableHead {
  const fd = openSync(join(directory, table.file), 'r')
  try {
    const bytes = Buffer.alloc(headBytes)
    const length = readSync(fd, bytes, 0, headBytes, 0)
    const lines = bytes.toString('utf8', 0, length).split('\n').slice(0, -1)
    return {
      table: table.name,
      file: table.file,
      rows: table.rows,
      head: lines.slice(0, rowsMax).map(splitRow),
    }
  } finally {
    closeSync(fd)
  }
}

const keyStart = '{"key":'.length
const valueName = ',"value":'

/** Takes a canonical line apart without parsing its numbers. */
export function splitRow(line: string): HeadRow {
  const keyEnd = jsonEnd(line, keyStart)
  const keyJson = line.slice(keyStart, keyEnd)
  const end = line.endsWith('\n') ? -2 : -1
  return { key: elementsOf(keyJson), value: line.slice(keyEnd + valueName.length, end) }
}

function elementsOf(keyJson: string): string[] {
  if (!keyJson.startsWith('[')) return [keyJson]
  const elements: string[] = []
  for (let at = 1; at < keyJson.length - 1; ) {
    const end = jsonEnd(keyJson, at)
    elements.push(keyJson.slice(at, end))
    at = end + 1
  }
  return elements
}

/** Where the JSON value that begins at `start` ends. REQUIRES: valid JSON without white space. */
function jsonEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      at = stringEnd(text, at)
      if (depth === 0) return at + 1
    } else if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') {
      if (depth === 0) return at
      depth -= 1
      if (depth === 0) return at + 1
    } else if (character === ',' && depth === 0) return at
  }
  return text.length
}

/** Where the string that begins at `start` has its closing quote. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
