/** Reads the page about death records, and holds the code to it. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { deathFile } from '../../src/executor/log-files.ts'
import { readDeath, writeDeath } from '../../src/executor/pool/flight-recorder.ts'
import { blockOf, quotedIn, readPage, tableOf } from '../fixtures/pages.ts'
import { readTypes } from '../fixtures/type-members.ts'

const page = readPage('deaths.md')

describe('docs/formats/deaths.md', () => {
  it('describes every field', () => {
    const { properties } = readTypes({ 'executor/pool/flight-recorder.ts': ['DeathRecord'] }).get(
      'DeathRecord',
    )!
    // Splits are described with the plan, faults with the journal, work and progress with the messages.
    const pages = [page, ...['plan.md', 'journal.md', 'worker-messages.md'].map(readPage)]
    const quoted = quotedIn(pages.join('\n'))
    expect([...properties].filter((name) => !quoted.has(name))).toEqual([])
  })

  it('has an example that is read and written as it stands, with the fields of its table', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-deaths-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = deathFile(folder, 'map-00001.2')
    writeFileSync(file, blockOf(page, 'json'))
    const example = readDeath(folder, 'map-00001.2')
    if (example === null) throw new Error('There is no example.')
    expect(Object.keys(example).map((name) => `\`${name}\``)).toEqual(
      tableOf(page, 'field').map(([name]) => name),
    )
    rmSync(file)
    writeDeath(folder, example)
    expect(readDeath(folder, 'map-00001.2')).toEqual(example)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readDeath(folder, 'map-00001.3')).toBeNull()
  })
})
