import { readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, expect } from 'vitest'
import { type Case, playCases, writeFiles, writeStdin } from './cases.ts'
import { objectOf, rowsOf, type Scratch, SharedRuns, tableFile } from './scratch.ts'

/** English words that a list of stop words has; those of the joke among them. */
const stopWords = ['a', 'an', 'and', 'i', 'in', 'into', 'is', 'it', 'not', 'of', 'the', 'to', 'when']

async function mostUsed(test: Case, scratch: Scratch): Promise<Record<string, unknown>> {
  const stop = scratch.write('stop_words.txt', `${stopWords.join('\n')}\n`)
  const counted = await scratch.run('word-count', [writeStdin(test, scratch)], ['--param', `stop=${stop}`])
  expect(counted.status, counted.stderr).toBe(0)
  return objectOf(rowsOf(await scratch.run('most-used', [tableFile(counted)])))
}

const shared = new SharedRuns()
afterAll(() => shared.remove())

/** A table of words by their first letter; cases whose words are the same look at one run over them. */
async function byLetter(test: Case, table: 'arrived' | 'sorted'): Promise<Record<string, unknown>> {
  const outcome = await shared.of(JSON.stringify(test.inputs), (scratch) =>
    scratch.run('first-letter', [writeStdin(test, scratch)]),
  )
  return objectOf(rowsOf(outcome, table))
}

/** A conversion record, as Common Crawl writes the text of a page. */
function conversion([url, text]: readonly [string, string]): string {
  const fields = [
    'WARC/1.0',
    'WARC-Type: conversion',
    `WARC-Target-URI: ${url}`,
    'Content-Type: text/plain',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ]
  return `${fields.join('\r\n')}\r\n\r\n${text}\r\n\r\n`
}

playCases('steps', {
  'C12-most-used': async (test, scratch) => {
    expect(await mostUsed(test, scratch)).toEqual(test.expected)
  },

  'C13-most-used-empty': async (test, scratch) => {
    expect(await mostUsed(test, scratch)).toEqual(test.expected)
  },

  'C14-next-word': async (test, scratch) => {
    const counted = await scratch.run('next-word-counts', [writeStdin(test, scratch)])
    expect(counted.status, counted.stderr).toBe(0)
    const rows = rowsOf(await scratch.run('next-word-shares', [tableFile(counted)]))
    const pairs = rows.flatMap(({ key: word, value }) =>
      (value as [string, number[]][]).map(([next, share]) => [[word, next], share]),
    )
    const expected = Object.entries(test.expected as Record<string, number[]>)
    expect(pairs).toEqual(expected.map(([key, share]) => [JSON.parse(key), share]))
  },

  'C15-group-unsorted': async (test) => {
    expect(await byLetter(test, 'arrived')).toEqual(test.expected)
  },

  'C16-group-sorted': async (test) => {
    expect(await byLetter(test, 'sorted')).toEqual(test.expected)
  },

  'C17-sort-case': async (test) => {
    expect(await byLetter(test, 'sorted')).toEqual(test.expected)
  },

  'C18-no-mapper-step': async (test, scratch) => {
    const counted = await scratch.run('word-count', [writeStdin(test, scratch)])
    expect(counted.status, counted.stderr).toBe(0)
    const rows = rowsOf(await scratch.run('words-by-count', [tableFile(counted)]))
    expect(rows.map(({ key, value }) => [key, value])).toEqual(test.expected)
  },

  'C19-mixed-inputs': async (test, scratch) => {
    const inputs = [writeStdin(test, scratch), ...writeFiles(test, scratch)]
    const counted = await scratch.run('null-and-line', inputs)
    expect(counted.status, counted.stderr).toBe(0)
    const rows = rowsOf(await scratch.run('swap', [tableFile(counted)]))
    const pairs = rows.flatMap(({ key, value }) => (value as unknown[]).map((line) => [key, line]))
    expect(pairs).toEqual(test.expected)
    expect(readdirSync(scratch.temporary)).toEqual([])
  },

  'C31-init-hooks': async (test, scratch) => {
    const rows = rowsOf(await scratch.run('init-hooks', [writeStdin(test, scratch)]))
    expect(rows.map(({ key, value }) => [key, value])).toEqual(test.expected)
  },

  'C33-wet-phone': async ({ inputs, expected }, scratch) => {
    const [plain = [], gzipped = []] = Object.values(inputs.files as Record<string, [string, string][]>)
    const files = [
      scratch.write('wet1.warc.wet', plain.map(conversion).join('')),
      scratch.write('wet2.warc.wet.gz', Buffer.concat(gzipped.map((page) => gzipSync(conversion(page))))),
    ]
    const byHost = await scratch.run('phones-by-host', files)
    expect(byHost.status, byHost.stderr).toBe(0)
    expect(objectOf(rowsOf(await scratch.run('best-url', [tableFile(byHost)])))).toEqual(expected)
  },
})
