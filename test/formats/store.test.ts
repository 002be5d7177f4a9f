/** Reads the page about the store of map outputs, and holds the code to it. */

import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { encodeValue } from '../../src/record/index.ts'
import { buildVersion } from '../../src/run/package.ts'
import { Store } from '../../src/run/store/store.ts'
import type { Entry } from '../../src/run/store/store-entry.ts'
import type { IdentityHashes, TaskIdentity } from '../../src/run/store/task-identity.ts'
import { surroundings } from '../../src/run/surroundings.ts'
import { blockOf, quotedIn, readPage } from '../fixtures/pages.ts'
import { mapReport, sourceOf } from '../fixtures/plans.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { readTypes } from '../fixtures/type-members.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

const page = readPage('store.md')
const task: TaskIdentity = JSON.parse(blockOf(page, 'json task'))
const place: IdentityHashes = JSON.parse(blockOf(page, 'json place'))
const [split] = task.splits

function sha256(value: unknown): string {
  return createHash('sha256').update(encodeValue(value)).digest('hex')
}

/** The parts of a key, put together as the page says. */
function partsBy(tallyman: string, around: string): IdentityHashes {
  const { codeSha256, params: typed, resolved, partitions, splits } = task
  const params = sha256([Object.entries(typed).sort(), resolved])
  const inputs = sha256(
    splits.map(({ ordinal: _, identity, ...fields }) => [
      [identity.sizeBytes, identity.mtimeNs, identity.ctimeNs, identity.inode],
      Object.entries(fields),
    ]),
  )
  const key = sha256([1, tallyman, around, codeSha256, params, partitions, inputs])
  return { key, run: place.run, codeSha256, tallyman, surroundings: around, params, partitions, inputs }
}

describe('docs/formats/store.md', () => {
  test('describes every field of an entry and of a place', () => {
    const types = readTypes({
      'run/store/task-identity.ts': ['IdentityHashes'],
      'run/store/store-entry.ts': ['Entry'],
    })
    const quoted = quotedIn(page + readPage('journal.md'))
    for (const { properties } of types.values())
      expect([...properties].filter((name) => !quoted.has(name))).toEqual([])
  })

  test('has the hashes that it says how to compute', () => {
    expect(place).toEqual(partsBy(place.tallyman, place.surroundings))
    expect(page).toContain(`\`${sha256([task.jobFile, [['range', 'a.txt', 0]]])}\``)
  })

  test('has the paths and the hashes that the store makes', () => {
    const spills = folder.at('map-00000')
    mkdirSync(spills)
    for (const name of ['s0.spill', 'rejected.jsonl']) writeFileSync(join(spills, name), '{"ordinal":0}\n')
    const report = mapReport([sourceOf(split!)])
    new Store(folder.at('store')).keep(task, { run: place.run, folder: spills, report })
    const now = partsBy(buildVersion(), surroundings())
    const entry = folder.at('store', 'entries', now.key)
    expect(readdirSync(entry).sort()).toEqual(['entry.json', 'rejected.jsonl', 's0.spill'])
    const kept: Entry = { version: 1, run: place.run, report }
    const sealed = readFileSync(join(entry, 'entry.json'), 'utf8')
    const [before] = sealed.split(',"sha256":')
    const seal = createHash('sha256')
      .update(before ?? '')
      .digest('hex')
    expect(JSON.parse(sealed)).toEqual({ ...kept, sha256: seal })
    const name = sha256([task.jobFile, [['range', 'a.txt', 0]]])
    expect(readdirSync(folder.at('store', 'places'))).toEqual([`${name}.json`])
    expect(JSON.parse(readFileSync(folder.at('store', 'places', `${name}.json`), 'utf8'))).toEqual(now)
  })
})
