import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { gzipFile, mapReport, plainFile, planOf, sourceOf, zipFile } from '../../../test/fixtures/plans.ts'
import { sideFileIdentity } from '../../executor/index.ts'
import type { MapReport } from '../../flow/index.ts'
import { indexNameOf, type Split } from '../../input/index.ts'
import { Store, type StoreSize, storeFolder } from './store.ts'
import type { TaskIdentity } from './task-identity.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tallyman-store-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const [split] = planOf([plainFile('a.txt', 5)]).splits as [Split]

function taskOf(change: Partial<TaskIdentity> = {}): TaskIdentity {
  return {
    jobFile: '/home/ada/words.job.ts',
    codeSha256: 'ab'.repeat(32),
    params: { limit: '10' },
    resolved: { limit: 10, day: '2020-02-20' },
    partitions: 1,
    splits: [split],
    contents: null,
    seenFrom: '/home/ada',
    ...change,
  }
}

/** A committed task's folder with one spill, and rejected records where asked for. */
function committed(name: string, rejectedOrdinal: number | null = null): string {
  const folder = join(root, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 's0.spill'), `spill of ${name}`)
  if (rejectedOrdinal !== null)
    writeFileSync(
      join(folder, 'rejected.jsonl'),
      `${JSON.stringify({ ordinal: rejectedOrdinal, byte: 4 })}\n`,
    )
  return folder
}

function keptStore(task = taskOf()): Store {
  const store = new Store(join(root, 'store'))
  const first = task.splits[0] as Split
  store.keep(task, {
    run: 'r1',
    folder: committed('first', first.ordinal),
    report: mapReport([sourceOf(first)]),
  })
  return store
}

describe('Store', () => {
  test('gives back what was kept, with ordinals of the new run, also in the list of rejected records', () => {
    const store = keptStore()
    const now = { ...split, ordinal: 7 }
    const found = store.find(taskOf({ splits: [now] }))
    if (found.kind !== 'kept') throw new Error(`It was not found: ${found.why}.`)
    expect(found.run).toBe('r1')
    const folder = join(root, 'again')
    const report = store.take(found.key, folder, 7)
    expect(report?.sources.map(({ ordinal }) => ordinal)).toEqual([7])
    expect(readdirSync(folder).sort()).toEqual(['rejected.jsonl', 's0.spill'])
    expect(readFileSync(join(folder, 's0.spill'), 'utf8')).toBe('spill of first')
    expect(JSON.parse(readFileSync(join(folder, 'rejected.jsonl'), 'utf8'))).toEqual({ ordinal: 7, byte: 4 })
  })

  test.each([
    ['new', { splits: [{ ...split, path: 'b.txt' }] }],
    ['new', { jobFile: '/home/ada/other.job.ts' }],
    ['code-changed', { codeSha256: 'cd'.repeat(32) }],
    ['params-changed', { params: { limit: '11' } }],
    ['params-changed', { params: {} }],
    ['input-changed', { splits: [{ ...split, identity: { ...split.identity, mtimeNs: '5' } }] }],
    ['input-changed', { splits: [{ ...split, identity: { ...split.identity, inode: '99' } }] }],
    ['input-changed', { splits: [{ ...split, identity: { ...split.identity, ctimeNs: '5' } }] }],
    ['input-changed', { contents: new Map([['a.txt', 'ef']]) }],
    ['partitions-changed', { partitions: 2 }],
  ] as const)('uses nothing stale: %s', (why, change) => {
    expect(keptStore().find(taskOf(change as Partial<TaskIdentity>))).toEqual({ kind: 'run', why })
  })

  test('takes no task for another one of the same file', () => {
    const member = {
      ...planOf([zipFile('b.zip', ['m'])]).splits[0]!,
      kind: 'zip-member',
      member: 'm',
    } as Split
    const gzip = planOf([gzipFile('c.gz', 50)]).splits[0]!
    const cut = (byte: number) => ({ byte, dataByte: byte * 3, members: 0 })
    const part = (start: number | null, end: number | null) =>
      ({
        ...gzip,
        part: { start: start === null ? null : cut(start), end: end === null ? null : cut(end) },
      }) as Split
    const range = (startByte: number, endByte: number) => ({ ...split, startByte, endByte }) as Split
    for (const [kept, other, why] of [
      [member, { ...member, member: 'n' } as Split, 'new'],
      [range(0, 3), range(3, 5), 'new'],
      [range(0, 3), range(0, 5), 'input-changed'],
      [part(null, 9), part(9, 20), 'new'],
      [part(9, 20), part(9, null), 'input-changed'],
      [gzip, part(5, 9), 'new'],
    ] as const) {
      rmSync(join(root, 'first'), { recursive: true, force: true })
      const store = keptStore(taskOf({ splits: [kept] }))
      expect(store.find(taskOf({ splits: [kept] })).kind).toBe('kept')
      expect(store.find(taskOf({ splits: [other] }))).toEqual({ kind: 'run', why })
    }
  })

  test('counts ordinals from the first split of the task, wherever it stood', () => {
    const third = { ...split, ordinal: 3 }
    const store = keptStore(taskOf({ splits: [third] }))
    const found = store.find(taskOf())
    if (found.kind !== 'kept') throw new Error(`It was not found: ${found.why}.`)
    expect(store.take(found.key, join(root, 'again'), 7)?.sources[0]?.ordinal).toBe(7)
    expect(readFileSync(join(root, 'again', 'rejected.jsonl'), 'utf8')).toContain('"ordinal":7')
  })

  test('keeps no index of an input among what a task wrote', () => {
    const store = new Store(join(root, 'store'))
    const folder = committed('first')
    writeFileSync(join(folder, indexNameOf(split)), 'index')
    store.keep(taskOf(), { run: 'r1', folder, report: mapReport([sourceOf(split)]) })
    const found = store.find(taskOf())
    if (found.kind !== 'kept') throw new Error(`It was not found: ${found.why}.`)
    store.take(found.key, join(root, 'again'), 0)
    expect(readdirSync(join(root, 'again'))).toEqual(['s0.spill'])
  })

  test('tells parameters by what they are, not by their order', () => {
    const store = keptStore(taskOf({ params: { a: '1', b: '2' } }))
    expect(store.find(taskOf({ params: { b: '2', a: '1' } })).kind).toBe('kept')
    expect(store.find(taskOf({ params: { a: '2', b: '1' } })).kind).toBe('run')
  })

  test('leaves an entry as it is, and puts one that is not whole anew', () => {
    const store = keptStore()
    const keepSecond = () =>
      store.keep(taskOf(), { run: 'r2', folder: join(root, 'second'), report: mapReport([sourceOf(split)]) })
    const spill = () => {
      const found = store.find(taskOf())
      if (found.kind !== 'kept') throw new Error(`It was not found: ${found.why}.`)
      rmSync(join(root, 'again'), { recursive: true, force: true })
      store.take(found.key, join(root, 'again'), 0)
      return readFileSync(join(root, 'again', 's0.spill'), 'utf8')
    }
    committed('second')
    keepSecond()
    expect(spill()).toBe('spill of first')
    rmSync(join(store.list()[0]!.path, 'entry.json'))
    keepSecond()
    expect(spill()).toBe('spill of second')
  })

  test('has the latest of a task that wrote something else the second time, though all that is seen is the same', () => {
    const store = keptStore()
    const report = mapReport([sourceOf(split, { rejected: 99 })])
    store.keep(taskOf(), { run: 'r2', folder: committed('second'), report })
    const found = store.find(taskOf())
    if (found.kind !== 'kept') throw new Error(`It was not found: ${found.why}.`)
    expect(found.run).toBe('r2')
    expect(store.take(found.key, join(root, 'again'), 0)?.sources).toMatchObject([{ rejected: 99 }])
    expect(readFileSync(join(root, 'again', 's0.spill'), 'utf8')).toBe('spill of second')
    expect(store.list()).toHaveLength(1)
  })

  test('leaves nothing behind of what cannot be kept', () => {
    const store = keptStore()
    const other = taskOf({ splits: [{ ...split, path: 'b.txt' }] })
    store.keep(other, { run: 'r2', folder: join(root, 'gone'), report: mapReport([]) })
    expect(readdirSync(join(root, 'store', 'entries'))).toHaveLength(1)
    expect(store.find(other)).toEqual({ kind: 'run', why: 'new' })
  })

  test('frees no more than it has to, and says how much that was', () => {
    const store = new Store(join(root, 'store'))
    const tasks = ['x', 'y', 'z'].map((path) => taskOf({ splits: [{ ...split, path }] }))
    for (const [at, task] of tasks.entries()) {
      store.keep(task, { run: 'r1', folder: committed(`of ${at}`), report: mapReport([]) })
      const found = store.find(task)
      const path = store.list().find(({ path }) => found.kind === 'kept' && path.endsWith(found.key))!.path
      // The second one is the oldest.
      utimesSync(path, 1000 - (at % 2) * 500 + at, 1000 - (at % 2) * 500 + at)
    }
    const sizes = store.list().map(({ bytes }) => bytes)
    const all = sizes.reduce((sum, bytes) => sum + bytes, 0)
    expect(new Set(sizes).size).toBe(1)
    expect(store.clean(all - 1)).toEqual({ entries: 1, bytes: sizes[0] })
    expect(tasks.map((task) => store.find(task).kind)).toEqual(['kept', 'run', 'kept'])
    expect(store.clean(all - sizes[0]!)).toEqual({ entries: 0, bytes: 0 })
  })

  test('keeps indexes beside what tasks wrote, and frees them like that', () => {
    const store = new Store(join(root, 'store'))
    const index = join(root, 'index')
    writeFileSync(index, 'twelve bytes')
    store.keepIndex({ path: 'c.gz', identity: split.identity, contents: null }, index, 'r1')
    expect(store.list()).toMatchObject([{ kind: 'index', bytes: 12 }])
    expect(readdirSync(join(root, 'store', 'indexes'))).toHaveLength(1)
    expect(store.clean(11)).toEqual({ entries: 1, bytes: 12 })
    expect(store.list()).toEqual([])
  })

  test('lies beside the runs', () => {
    expect(storeFolder('/home/ada/runs')).toBe('/home/ada/store')
  })

  test('forgets what turned out damaged', () => {
    const store = keptStore()
    store.drop(taskOf({ splits: [{ ...split, path: 'b.txt' }] }))
    expect(store.find(taskOf()).kind).toBe('kept')
    store.drop(taskOf())
    expect(store.find(taskOf())).toEqual({ kind: 'run', why: 'cleaned' })
    expect(store.list()).toEqual([])
  })

  test.each([
    ['tallyman-changed', 'tallyman', '0.0.9'],
    ['surroundings-changed', 'surroundings', 'Asia/Seoul, ko_KR'],
  ])(
    'uses nothing that another version kept, or that was kept in other surroundings: %s',
    (why, part, other) => {
      const store = keptStore()
      const places = join(root, 'store', 'places')
      const [place] = readdirSync(places)
      const file = join(places, place ?? '')
      const kept: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'))
      expect(kept).toHaveProperty(part)
      writeFileSync(file, JSON.stringify({ ...kept, [part]: other, key: '0'.repeat(64) }))
      expect(store.find(taskOf())).toEqual({ kind: 'run', why })
    },
  )

  test('uses what was kept as long as the files that the job reads itself are as they were', () => {
    const table = join(root, 'table.txt')
    const gone = join(root, 'gone.txt')
    const store = (): Store => new Store(join(root, 'store'))
    let times = 0
    const keep = (sideFiles: MapReport['sideFiles']): void => {
      const report = mapReport([sourceOf(split)])
      times += 1
      store().keep(taskOf(), {
        run: `r${times}`,
        folder: committed(`time${times}`),
        report: { ...report, ...(sideFiles === undefined ? {} : { sideFiles }) },
      })
    }
    const asNow = (): MapReport['sideFiles'] => [
      { path: table, identity: sideFileIdentity(table) },
      { path: gone, identity: null },
    ]
    const changed = { kind: 'run', why: 'side-file-changed' }
    writeFileSync(table, 'one')
    keep(asNow())
    const first = store().find(taskOf())
    expect(first).toMatchObject({ kind: 'kept', run: 'r1' })
    writeFileSync(table, 'another')
    expect(store().find(taskOf())).toEqual(changed)
    // What is made with the file as it is now takes its place, and nothing of what was kept before.
    keep(asNow())
    const second = store().find(taskOf())
    if (second.kind !== 'kept' || first.kind !== 'kept') throw new Error('It was not found.')
    expect(second.run).toBe('r2')
    expect(second.key).not.toBe(first.key)
    const folder = join(root, 'again')
    expect(store().take(second.key, folder, 0)?.sideFiles).toEqual(asNow())
    expect(readFileSync(join(folder, 's0.spill'), 'utf8')).toBe('spill of time2')
    // One that was not there is there.
    writeFileSync(gone, '')
    expect(store().find(taskOf())).toEqual(changed)
    rmSync(gone)
    expect(store().find(taskOf()).kind).toBe('kept')
    // From another folder the job may read others.
    expect(store().find(taskOf({ seenFrom: '/home' }))).toEqual({ kind: 'run', why: 'seen-from-elsewhere' })
    // Of more than can be told nothing is kept.
    keep(null)
    expect(store().find(taskOf())).toMatchObject({ kind: 'kept', run: 'r2' })
    store().drop(taskOf())
    expect(store().find(taskOf())).toEqual({ kind: 'run', why: 'cleaned' })
  })

  test('uses what was made without a file of the job in any working directory', () => {
    expect(keptStore().find(taskOf({ seenFrom: '/home' })).kind).toBe('kept')
  })

  test('finds content again under another time and inode when contents are compared', () => {
    const contents = new Map([['a.txt', 'ef']])
    const store = keptStore(taskOf({ contents }))
    const copied = { ...split, identity: { ...split.identity, inode: '99', mtimeNs: '5', ctimeNs: '5' } }
    expect(store.find(taskOf({ contents, splits: [copied] })).kind).toBe('kept')
    expect(store.find(taskOf({ contents: new Map([['a.txt', '00']]), splits: [copied] }))).toEqual({
      kind: 'run',
      why: 'input-changed',
    })
  })

  test('frees what was used longest ago, says what is gone, and takes nothing of it', () => {
    const store = keptStore()
    const other = { ...split, path: 'b.txt' }
    store.keep(taskOf({ splits: [other] }), { run: 'r2', folder: committed('second'), report: mapReport([]) })
    const before = store.find(taskOf())
    if (before.kind !== 'kept') throw new Error('It was not kept.')
    for (const { path } of store.list())
      if (path.endsWith(before.key)) utimesSync(path, new Date(0), new Date(0))
    const sizes = store.list().map(({ bytes }) => bytes)
    expect(store.clean(Math.max(...sizes))).toMatchObject({ entries: 1 })
    expect(store.find(taskOf())).toEqual({ kind: 'run', why: 'cleaned' })
    expect(store.find(taskOf({ splits: [other] })).kind).toBe('kept')
    expect(store.take(before.key, join(root, 'again'), 0)).toBeNull()
    expect(readdirSync(root)).not.toContain('again')
  })

  test('forgets the place of an entry that is gone after 30 days, and no other', () => {
    const store = keptStore()
    const other = { ...split, path: 'b.txt' }
    store.keep(taskOf({ splits: [other] }), { run: 'r2', folder: committed('second'), report: mapReport([]) })
    const kept = store.find(taskOf({ splits: [other] }))
    const gone = store.find(taskOf())
    if (gone.kind !== 'kept') throw new Error('It was not kept.')
    const places = join(root, 'store', 'places')
    const tooOld = Date.now() / 1000 - 31 * 24 * 60 * 60
    rmSync(join(root, 'store', 'entries', gone.key), { recursive: true })
    store.clean(0)
    expect(store.find(taskOf())).toEqual({ kind: 'run', why: 'cleaned' })
    store.keep(taskOf({ splits: [other] }), { run: 'r2', folder: committed('third'), report: mapReport([]) })
    writeFileSync(join(places, 'half.json.r3.new'), '{')
    for (const name of readdirSync(places)) utimesSync(join(places, name), tooOld, tooOld)
    rmSync(join(root, 'store', 'size.json'))
    store.clean(1_000_000)
    expect(store.find(taskOf())).toEqual({ kind: 'run', why: 'new' })
    expect(store.find(taskOf({ splits: [other] }))).toEqual(
      kept.kind === 'kept' ? { ...kept, run: 'r2' } : kept,
    )
    expect(readdirSync(places)).toHaveLength(1)
  })

  test('looks at its entries again only when they may be more than is allowed, or after a day', () => {
    const folder = join(root, 'store')
    const store = keptStore()
    const bytes = store.list().reduce((sum, entry) => sum + entry.bytes, 0)
    const sizeOf = (): StoreSize => JSON.parse(readFileSync(join(folder, 'size.json'), 'utf8'))
    expect(store.clean(10_000)).toEqual({ entries: 0, bytes: 0 })
    expect(sizeOf().bytes).toBe(bytes)
    const second = new Store(folder)
    const other = { ...split, ordinal: 1, path: 'b.txt' }
    second.keep(taskOf({ splits: [other] }), {
      run: 'r2',
      folder: committed('second'),
      report: mapReport([], {
        spills: [{ partition: 0, name: 's0.spill', atByte: 0, records: 1, bytes: 15, crc32: 0 }],
      }),
    })
    const { countedAtMs } = sizeOf()
    second.clean(10_000)
    const both = second.list().reduce((sum, entry) => sum + entry.bytes, 0)
    expect(sizeOf()).toEqual({ bytes: both, countedAtMs })
    // Too much, and so the one that was used longest ago goes.
    expect(new Store(folder).clean(both - 1).entries).toBe(1)
    expect(sizeOf().bytes).toBeLessThan(both)
    writeFileSync(
      join(folder, 'size.json'),
      JSON.stringify({ bytes: 0, countedAtMs: Date.now() - 25 * 3_600_000 }),
    )
    expect(new Store(folder).clean(0).entries).toBe(1)
  })

  test.each([
    ['a counter', (text: string) => text.replace('"records":5', '"records":7')],
    ['the run', (text: string) => text.replace('"r1"', '"r2"')],
    ['its checksum', (text: string) => text.replace(/"sha256":"./, '"sha256":"x')],
    ['all of it', () => ''],
  ])('takes nothing of an entry in which %s was changed, and keeps the task anew', (_, change) => {
    const store = keptStore()
    const found = store.find(taskOf())
    if (found.kind !== 'kept') throw new Error('It was not kept.')
    const file = join(root, 'store', 'entries', found.key, 'entry.json')
    const sealed = readFileSync(file, 'utf8')
    expect(change(sealed)).not.toBe(sealed)
    writeFileSync(file, change(sealed))
    expect(store.take(found.key, join(root, 'again'), 0)).toBeNull()
    expect(readdirSync(root)).not.toContain('again')
    store.keep(taskOf(), { run: 'r1', folder: join(root, 'first'), report: mapReport([sourceOf(split)]) })
    expect(readFileSync(file, 'utf8')).toBe(sealed)
  })

  test('fails nobody, whatever lies in its place or goes away meanwhile', () => {
    const report = mapReport([])
    const blocked = join(root, 'blocked')
    writeFileSync(blocked, 'a file')
    const nowhere = new Store(blocked)
    nowhere.keep(taskOf(), { run: 'r1', folder: committed('some'), report })
    expect(nowhere.find(taskOf())).toEqual({ kind: 'run', why: 'new' })
    expect(nowhere.clean(0)).toEqual({ entries: 0, bytes: 0 })
    const store = keptStore()
    const folder = join(root, 'store')
    const [place] = readdirSync(join(folder, 'places'))
    rmSync(join(folder, 'places', place ?? ''))
    mkdirSync(join(folder, 'places', place ?? '', 'in the way'), { recursive: true })
    mkdirSync(join(folder, 'size.json'))
    writeFileSync(join(folder, 'entries', 'ab'.repeat(32)), 'no folder')
    store.keep(taskOf(), { run: 'r1', folder: join(root, 'first'), report })
    expect(store.clean(0).entries).toBe(1)
  })

  test('knows nothing by a place that is half written, and writes it anew', () => {
    const store = keptStore()
    const [place = ''] = readdirSync(join(root, 'store', 'places'))
    writeFileSync(join(root, 'store', 'places', place), '{"key":"ab')
    expect(store.find(taskOf())).toEqual({ kind: 'run', why: 'new' })
    store.keep(taskOf(), { run: 'r1', folder: join(root, 'first'), report: mapReport([sourceOf(split)]) })
    expect(store.find(taskOf()).kind).toBe('kept')
  })

  test('removes a place that was left half written a day ago, and none that is written just now', () => {
    keptStore()
    const places = join(root, 'store', 'places')
    for (const name of ['old.json.r1.new', 'now.json.r2.new']) writeFileSync(join(places, name), '{')
    const dayAgo = new Date(Date.now() - 25 * 3_600_000)
    utimesSync(join(places, 'old.json.r1.new'), dayAgo, dayAgo)
    new Store(join(root, 'store')).clean(10_000)
    const left = readdirSync(places)
    expect(left).toHaveLength(2)
    expect(left).toContain('now.json.r2.new')
  })

  test('frees as soon as what was noted and what was kept since are too much together, and counts where the note is none', () => {
    const folder = join(root, 'store')
    keptStore().clean(10_000)
    const sizeFile = join(folder, 'size.json')
    const { bytes } = JSON.parse(readFileSync(sizeFile, 'utf8')) as StoreSize
    const second = new Store(folder)
    const other = { ...split, path: 'b.txt' }
    const spill = { partition: 0, name: 's0.spill', atByte: 0, records: 1, bytes: 15, crc32: 0 }
    const report = mapReport([], { spills: [spill] })
    second.keep(taskOf({ splits: [other] }), { run: 'r2', folder: committed('second'), report })
    expect(second.clean(bytes + 1).entries).toBe(1)
    const left = new Store(folder).list().reduce((sum, entry) => sum + entry.bytes, 0)
    for (const note of [
      { bytes: 'none', countedAtMs: Date.now() },
      { bytes: 0, countedAtMs: Date.now() + 3_600_000 },
    ]) {
      writeFileSync(sizeFile, JSON.stringify(note))
      expect(new Store(folder).clean(left).entries).toBe(0)
      expect(JSON.parse(readFileSync(sizeFile, 'utf8'))).toMatchObject({ bytes: left })
    }
  })

  test('removes what a run that was killed left half kept a day ago', () => {
    const store = keptStore()
    const entries = join(root, 'store', 'entries')
    const left = (run: string): string => `${'ab'.repeat(32)}.${run}.new`
    for (const run of ['old', 'new']) mkdirSync(join(entries, left(run)))
    const dayAgo = new Date(Date.now() - 25 * 3_600_000)
    utimesSync(join(entries, left('old')), dayAgo, dayAgo)
    store.clean(10_000)
    expect(readdirSync(entries)).toContain(left('new'))
    expect(readdirSync(entries)).not.toContain(left('old'))
  })
})
