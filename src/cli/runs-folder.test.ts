import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { fakeTerminal } from '../../test/fixtures/fake-terminal.ts'
import { type TempFolder, tempFolder } from '../../test/fixtures/temp-folder.ts'
import { listRuns } from '../run/index.ts'
import { findRun, runsFolder } from './runs-folder.ts'
import type { Terminal } from './terminal.ts'

let folder: TempFolder
let terminal: Terminal
beforeEach(() => {
  folder = tempFolder()
  terminal = fakeTerminal({ cwd: folder.path })
  onTestFinished(() => folder.remove())
})

function makeRun(id: string, createdAt: number): void {
  mkdirSync(folder.at('.tallyman', 'runs', id), { recursive: true })
  writeFileSync(
    folder.at('.tallyman', 'runs', id, 'run.json'),
    JSON.stringify({ format: 'tallyman run', version: 1, id, createdAt, job: 'j.ts', cwd: folder.path }),
  )
}

describe('runsFolder', () => {
  it('is below the current directory, or where TALLYMAN_HOME says', () => {
    const at = (env: Terminal['env']): string => runsFolder(fakeTerminal({ cwd: '/data', env }))
    expect(at({})).toBe('/data/.tallyman/runs')
    expect(at({ TALLYMAN_HOME: '' })).toBe('/data/.tallyman/runs')
    expect(at({ TALLYMAN_HOME: '/home/me' })).toBe('/home/me/runs')
    expect(at({ TALLYMAN_HOME: 'sub' })).toBe('/data/sub/runs')
  })
})

describe('listRuns', () => {
  it('lists nothing where there is no folder', () => {
    expect(listRuns(folder.at('none'))).toEqual([])
  })

  it('lists the newest first, by the millisecond within a second, and passes over files', () => {
    makeRun('20200101-000000-zebra', 100)
    makeRun('20200101-000000-ant', 300)
    makeRun('20200101-000000-ant-10', 500)
    makeRun('20200101-000000-ant-9', 400)
    makeRun('20200101-000001-ant', 1000)
    makeRun('20191231-235959-ant', 9999)
    writeFileSync(folder.at('.tallyman', 'runs', '20300101-000000-file'), '')
    expect(listRuns(folder.at('.tallyman', 'runs'))).toEqual([
      '20200101-000001-ant',
      '20200101-000000-ant-10',
      '20200101-000000-ant-9',
      '20200101-000000-ant',
      '20200101-000000-zebra',
      '20191231-235959-ant',
    ])
  })

  it('lists a run that cannot be read behind others of its second', () => {
    makeRun('20200101-000000-b', 100)
    makeRun('20200101-000000-c', 200)
    rmSync(folder.at('.tallyman', 'runs', '20200101-000000-c', 'run.json'))
    expect(listRuns(folder.at('.tallyman', 'runs'))).toEqual(['20200101-000000-b', '20200101-000000-c'])
  })
})

describe('a folder that is no run', () => {
  it('is not listed among runs, nor the last of them, unless it says that it is one', () => {
    makeRun('20200101-000000-words', 1)
    makeRun('renamed', 2)
    const runs = folder.at('.tallyman', 'runs')
    for (const name of ['May05_laptop', '20200101', 'zebra']) mkdirSync(`${runs}/${name}`)
    writeFileSync(`${runs}/zebra/run.json`, '{"format": "another run"}')
    expect([...listRuns(runs)].sort()).toEqual(['20200101-000000-words', 'renamed'])
  })

  it('is found by no path, whatever its run.json holds: what is found can be removed', () => {
    for (const text of ['{}', '{"format":"another run"}', '{', '']) {
      mkdirSync(folder.at('mine'), { recursive: true })
      writeFileSync(folder.at('mine', 'run.json'), text)
      expect(() => findRun('./mine', terminal)).toThrow()
    }
    // One of ours may be damaged.
    mkdirSync(folder.at('20200101-000000-words'))
    writeFileSync(folder.at('20200101-000000-words', 'run.json'), '{')
    expect(findRun('./20200101-000000-words', terminal).path).toBe(folder.at('20200101-000000-words'))
  })
})

describe('findRun', () => {
  const found = (name: string): string => findRun(name, terminal).path.slice(folder.path.length + 1)

  it('finds a run by its id, the beginning of one, its path, or as the last', () => {
    makeRun('20200101-000000-words', 1)
    makeRun('20200202-000000-words', 2)
    makeRun('20200202-000000-words-2', 3)
    expect(found('20200202-000000-words')).toBe('.tallyman/runs/20200202-000000-words')
    expect(found('20200101')).toBe('.tallyman/runs/20200101-000000-words')
    expect(found('last')).toBe('.tallyman/runs/20200202-000000-words-2')
    expect(found('.tallyman/runs/20200101-000000-words/')).toBe('.tallyman/runs/20200101-000000-words')
  })

  it.each([
    [
      '2020',
      'usage',
      'Run "2020" may be 20200202-000000-words, 20200101-000000-words.',
      'Write more of the id.',
    ],
    [
      '20200101-000000-wrods',
      'not-found',
      expect.stringContaining('does not exist'),
      'Did you mean 20200101-000000-words?',
    ],
    ['./nothing', 'not-found', '"./nothing" does not exist.', expect.stringContaining('`tallyman runs`')],
    [
      '.tallyman/runs/',
      'not-found',
      '".tallyman/runs/" is no run of tallyman: it has no run.json.',
      expect.stringContaining('`tallyman runs`'),
    ],
    [
      'nothing',
      'not-found',
      expect.stringContaining('Run "nothing" does not exist in '),
      expect.stringContaining('`tallyman runs`'),
    ],
  ])('refuses %s', (name, code, message, wayOut) => {
    makeRun('20200101-000000-words', 1)
    makeRun('20200202-000000-words', 2)
    expect(() => found(name)).toThrow(expect.objectContaining({ code, message, wayOut }))
  })

  it('says that there are no runs at all', () => {
    expect(() => found('last')).toThrow(
      /^Run "last" does not exist\. There are no runs in .*; `tallyman run /,
    )
  })
})
