import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { indexInto } from '../../../test/fixtures/gzip-index.ts'
import { gzipSplit, makeFolder, readUnits } from '../../../test/fixtures/splits.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { text } from '../../input/index.ts'
import { type IndexedFile, KeptIndexes } from './kept-indexes.ts'

const files = makeFolder()
afterAll(() => files.remove())

/** A gzip file with its index, and a place to keep indexes in that is not made yet. */
async function workplace(): Promise<{
  of: IndexedFile
  index: string
  folder: string
  indexes: KeptIndexes
}> {
  const lines = Array.from({ length: 20_000 }, (_, at) => `line ${at} ${Math.imul(at, 2654435761) >>> 0}\n`)
  const path = files.write('file.gz', gzipSync(lines.join(''), { memLevel: 5 }))
  const whole = gzipSplit(path)
  const index = files.write('file.index', '')
  await readUnits(whole, text(), undefined, { index: indexInto(index, 33_000) })
  const temp = tempFolder()
  onTestFinished(() => temp.remove())
  const folder = temp.at('kept', 'indexes')
  return {
    of: { path, identity: whole.identity, contents: null },
    index,
    folder,
    indexes: new KeptIndexes(folder),
  }
}

test('an index is found again as long as its file is the same', async () => {
  const { of, index, indexes } = await workplace()
  expect(indexes.find(of)).toBeNull()
  expect(indexes.keep(of, index, 'r1')).toBe(readFileSync(index).length)
  const found = indexes.find(of)
  expect(found?.cuts.length).toBeGreaterThan(1)
  const { path, identity } = of
  for (const other of [
    { ...of, path: `${path}.gz` },
    { ...of, identity: { ...identity, mtimeNs: '5' } },
    { ...of, contents: new Map([[path, 'ab']]) },
  ])
    expect(indexes.find(other)).toBeNull()
})

test('what a file holds counts in place of when it was written, where that is known', async () => {
  const { of, index, indexes } = await workplace()
  const contents = new Map([[of.path, 'ab']])
  indexes.keep({ ...of, contents }, index, 'r1')
  const copied = { ...of, contents, identity: { ...of.identity, inode: '5', mtimeNs: '5' } }
  expect(indexes.find(copied)?.index).toBe(indexes.find({ ...of, contents })?.index)
  expect(indexes.find(of)).toBeNull()
})

test('a newer index takes the place of the one before, whatever a killed run has left of its own', async () => {
  const { of, index, folder, indexes } = await workplace()
  indexes.keep(of, index, 'r1')
  const [name = ''] = readdirSync(folder)
  writeFileSync(join(folder, `${name}.r2.new`), 'half')
  const newer = files.write('newer.index', 'newer')
  expect(indexes.keep(of, newer, 'r2')).toBe(5)
  expect(readdirSync(folder)).toEqual([name])
  expect(readFileSync(join(folder, name), 'utf8')).toBe('newer')
})

test('what cannot be kept is not, and leaves nothing behind', async () => {
  const { of, index, folder, indexes } = await workplace()
  expect(indexes.keep(of, `${index}.gone`, 'r1')).toBe(0)
  expect(indexes.find(of)).toBeNull()
  expect(readdirSync(folder)).toEqual([])
  const blocked = new KeptIndexes(join(index, 'no-folder'))
  expect(blocked.keep(of, index, 'r1')).toBe(0)
  expect(blocked.list()).toEqual([])
})

test('an index that cannot be put in its place leaves nothing half kept', async () => {
  const { of, index, folder, indexes } = await workplace()
  indexes.keep(of, index, 'r1')
  const [name = ''] = readdirSync(folder)
  rmSync(join(folder, name))
  mkdirSync(join(folder, name))
  expect(indexes.keep(of, index, 'r1')).toBe(0)
  expect(readdirSync(folder)).toEqual([name])
})

test('an index is lent to a run, and is used by that; one that is gone is lent to nobody', async () => {
  const { of, index, folder, indexes } = await workplace()
  indexes.keep(of, index, 'r1')
  const { index: name } = indexes.find(of)!
  utimesSync(join(folder, name), new Date(0), new Date(0))
  const run = join(folder, '..', 'run', 'indexes')
  indexes.lend(name, run)
  expect(readFileSync(join(run, name))).toEqual(readFileSync(index))
  expect(indexes.list()[0]?.usedAtMs).toBeGreaterThan(1e12)
  const absent = '0'.repeat(64)
  indexes.lend(absent, run)
  expect(existsSync(join(run, absent))).toBe(false)
})

test('only what is kept is listed, with its size and when it was used last', async () => {
  const { of, index, folder, indexes } = await workplace()
  expect(indexes.list()).toEqual([])
  mkdirSync(folder, { recursive: true })
  const name = 'ab'.repeat(32)
  for (const other of [`${name}.r1.new`, `x${name}`, 'other']) writeFileSync(join(folder, other), '')
  indexes.keep(of, index, 'r1')
  const found = indexes.find(of)!
  const path = join(folder, found.index)
  utimesSync(path, new Date(5000), new Date(5000))
  expect(indexes.list()).toEqual([{ kind: 'index', path, bytes: readFileSync(index).length, usedAtMs: 5000 }])
})
