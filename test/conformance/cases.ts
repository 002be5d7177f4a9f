/** The cases, as their file writes them, and how a test file plays its share of them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, it } from 'vitest'
import { requires } from '../requires.ts'
import type { plan } from './plan.ts'
import { dataDir, Scratch } from './scratch.ts'

/** One case: a job in words, its input, and what must come out. */
export interface Case {
  readonly id: string
  readonly inputs: Readonly<Record<string, unknown>>
  readonly expected: unknown
  /** What the case is about. */
  readonly why: string
}

/** A run takes half a second; on a machine that does many other things at once, many times that. */
export const timeoutMs = 300_000

const casesFile = join(dataDir, 'conformance/cases.json')

/** Call it while tests are collected. */
export function hasCases(): boolean {
  return requires('../shared/data/conformance/cases.json', existsSync(casesFile))
}

export function readCases(): Case[] {
  return JSON.parse(readFileSync(casesFile, 'utf8'))
}

/** Runs a case and compares what comes out. */
export type Play = (test: Case, scratch: Scratch) => Promise<void>

type Plan = typeof plan

/** Plays one file's share of the plan: a test a case, each in a folder of its own. */
export function playCases<Name extends keyof Plan>(
  name: Name,
  plays: { readonly [Id in keyof Plan[Name]]: Play },
): void {
  const isThere = hasCases()
  const cases = isThere ? readCases() : []
  describe.skipIf(!isThere)(`tallyman run, conformance: ${name}`, { timeout: timeoutMs }, () => {
    for (const [id, play] of Object.entries<Play>(plays)) {
      const test = cases.find((other) => other.id === id)
      it(`${id}: ${test?.why}`, async () => {
        if (test === undefined) throw new Error(`There is no case ${id} in ${casesFile}.`)
        const scratch = new Scratch()
        try {
          await play(test, scratch)
        } finally {
          scratch.remove()
        }
      })
    }
  })
}

/** Writes what a case gives to standard input as a file. Returns its path. */
export function writeStdin({ id, inputs: { stdin } }: Case, scratch: Scratch): string {
  if (typeof stdin !== 'string') throw new Error(`Case ${id} has no text on standard input.`)
  return scratch.write('stdin.txt', stdin)
}

/** Writes the files of a case in a folder `input`; "gzip(a\n)" and "gzip(a,b)" stand for gzipped lines. Returns their paths. */
export function writeFiles({ id, inputs: { files } }: Case, scratch: Scratch): string[] {
  if (typeof files !== 'object' || files === null) throw new Error(`Case ${id} has no files.`)
  return Object.entries(files).map(([name, content]) => {
    if (typeof content !== 'string') throw new Error(`Case ${id} has no text for ${name}.`)
    const gzipped = /^gzip\((.*)\)$/.exec(content)?.[1]
    return scratch.write(`input/${name}`, gzipped === undefined ? content : gzipSync(linesOf(gzipped)))
  })
}

function linesOf(listed: string): string {
  return listed
    .replaceAll('\\n', '')
    .split(',')
    .map((line) => `${line}\n`)
    .join('')
}
