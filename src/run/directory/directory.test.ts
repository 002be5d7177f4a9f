import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { packageRoot } from '../package.ts'
import { createRunDirectory, RunDirectory, readIdentity } from './directory.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

const now = new Date('2020-12-31T23:59:59.987Z')

function create(job: string, runs = folder.at('runs')): RunDirectory {
  return createRunDirectory(runs, { job, cwd: '/home/ada', now })
}

describe('createRunDirectory', () => {
  test('names a run after the time and the job, and a second one of the same second with a number', () => {
    const ids = [1, 2, 3].map(() => readIdentity(create('jobs/hashtags.job.ts')).id)
    expect(ids).toEqual([
      '20201231-235959-hashtags',
      '20201231-235959-hashtags-2',
      '20201231-235959-hashtags-3',
    ])
  })

  test.each([
    ['../My jobs/Wörter zählen.mts', '20201231-235959-W-rter-z-hlen'],
    ['日本.job.js', '20201231-235959-job'],
    ['.job.ts', '20201231-235959-job'],
    [`${'x'.repeat(80)}.ts`, `20201231-235959-${'x'.repeat(40)}`],
    ['a.job.b.ts', '20201231-235959-a-job-b'],
  ])('makes a plain name of the job file %s', (job, id) => {
    const runs = folder.at(`runs-of-${Buffer.from(job).toString('hex')}`)
    create(job, runs)
    expect(readdirSync(runs)).toEqual([id])
  })

  test('makes the folders of a run, and a link that leads a job to the tallyman that runs it', () => {
    const directory = create('words.job.ts')
    for (const path of [directory.jobFolder, directory.logFolder, directory.attemptsFolder])
      expect(readdirSync(path)).toEqual([])
    expect(readlinkSync(directory.absolute('node_modules/tallyman'))).toBe(packageRoot)
    expect(existsSync(directory.absolute('node_modules/tallyman/package.json'))).toBe(true)
  })

  test('writes who the run is, whole', () => {
    const directory = create('words.job.ts')
    const identity = readIdentity(directory)
    expect(identity).toEqual({
      format: 'tallyman run',
      version: 1,
      id: expect.stringMatching(/^20201231-235959-words/),
      createdAt: now.getTime(),
      job: 'words.job.ts',
      cwd: '/home/ada',
    })
    expect(readdirSync(directory.path).some((name) => name.endsWith('.new'))).toBe(false)
  })

  test('makes the folder for runs, and those above it', () => {
    expect(create('words.job.ts', folder.at('some/new/place')).path).toContain('some/new/place/2020')
  })

  // A folder that is there and takes none: what Node does to make the ones above never ends there.
  test.each(['a file', '/proc'])('says where runs could not be put, and what to do: %s', (where) => {
    const file = where === '/proc' ? '/proc/none' : folder.at('a-file')
    if (where !== '/proc') writeFileSync(file, '')
    expect(() => create('words.job.ts', `${file}/runs`)).toThrow(
      expect.objectContaining({
        code: 'io',
        message: expect.stringContaining(`The folder for runs, ${file}/runs, could not be made`),
        wayOut: expect.stringContaining('$TALLYMAN_HOME'),
      }),
    )
  })
})

describe('createRunDirectory in a folder that is there', () => {
  test('says so where that takes no run, and what to do', () => {
    expect(() => create('words.job.ts', '/proc')).toThrow(
      expect.objectContaining({
        code: 'io',
        message: expect.stringMatching(/^A folder for the run in \/proc could not be made: ENOENT/),
        wayOut: 'Start in a directory you may write to, or name one in $TALLYMAN_HOME.',
      }),
    )
  })
})

describe('readIdentity', () => {
  const [empty, bad] = ['empty', 'bad'].map((name) => new RunDirectory(folder.at(name))) as [
    RunDirectory,
    RunDirectory,
  ]
  for (const { path } of [empty, bad]) mkdirSync(path)

  test('says that a directory is no run', () => {
    expect(() => readIdentity(empty)).toThrow(expect.objectContaining({ code: 'not-found' }))
    expect(() => readIdentity(new RunDirectory(folder.at('nowhere')))).toThrow(/is no run of tallyman/)
  })

  test.each([
    ['{"format":"tallyman run","version":2}', 'not-found'],
    ['{"format":"another","version":1}', 'not-found'],
    ['{"format":"tallyman run"}', 'not-found'],
    ['null', 'not-found'],
    ['', 'file-damaged'],
    ['{"format":', 'file-damaged'],
  ])('refuses a run.json that holds %s', (text, code) => {
    writeFileSync(bad.identityFile, text)
    expect(() => readIdentity(bad)).toThrow(expect.objectContaining({ code }))
  })
})

describe('RunDirectory', () => {
  test('knows whose a committed file is, and that others are of no task', () => {
    const directory = create('words.job.ts')
    const file = 'committed/map-00012/s0.spill'
    for (const path of [file, directory.absolute(file)])
      expect(directory.taskOfCommitted(path)).toBe('map-00012')
    for (const path of ['', 'attempts/map-00012.1/s0.spill', '/etc/committed/map-00012/s0.spill'])
      expect(directory.taskOfCommitted(path)).toBeNull()
  })

  function attemptWith(directory: RunDirectory, attempt: string, content: string): void {
    const path = directory.absolute(directory.relativeAttemptFolder(attempt))
    mkdirSync(path, { recursive: true })
    writeFileSync(`${path}/s0.spill`, content)
  }

  test('puts the files of an attempt in the place of its task', () => {
    const directory = create('words.job.ts')
    attemptWith(directory, 'map-00000.1', 'one')
    directory.commitAttempt('map-00000.1', 'map-00000')
    expect(readdirSync(directory.attemptsFolder)).toEqual([])
    expect(readFileSync(directory.absolute('committed/map-00000/s0.spill'), 'utf8')).toBe('one')
  })

  test('replaces what an attempt left there whose commit was not journaled', () => {
    const directory = create('words.job.ts')
    for (const number of [1, 2]) {
      attemptWith(directory, `map-00000.${number}`, String(number))
      directory.commitAttempt(`map-00000.${number}`, 'map-00000')
    }
    expect(readFileSync(directory.absolute('committed/map-00000/s0.spill'), 'utf8')).toBe('2')
  })

  test('removes what lies in the place of tasks of which no commit is known, and nothing else', () => {
    const directory = create('words.job.ts')
    const committed = directory.absolute('committed')
    directory.discardUnproven(new Set(['map-00000']))
    expect(readdirSync(committed)).toEqual([])
    for (const task of ['map-00000', 'map-00001', 'reduce-00000']) {
      attemptWith(directory, `${task}.1`, task)
      directory.commitAttempt(`${task}.1`, task)
    }
    writeFileSync(`${committed}/a file`, '')
    directory.discardUnproven(new Set(['map-00000', 'reduce-00000', 'map-00007']))
    expect(readdirSync(committed)).toEqual(['map-00000', 'reduce-00000'])
    expect(readFileSync(`${committed}/map-00000/s0.spill`, 'utf8')).toBe('map-00000')
  })

  test('removes what a job has put among its outputs, and nothing that links lead to', async () => {
    const directory = create('words.job.ts')
    const committed = directory.absolute('committed')
    const others = folder.at('others', 'file')
    mkdirSync(folder.at('others'))
    writeFileSync(others, 'of somebody else')
    for (let task = 0; task < 70; task++) {
      attemptWith(directory, `map-${task}.1`, '')
      directory.commitAttempt(`map-${task}.1`, `map-${task}`)
    }
    mkdirSync(`${committed}/map-1/a folder`)
    writeFileSync(`${committed}/map-1/a folder/file`, '')
    symlinkSync(others, `${committed}/map-2/link`)
    symlinkSync(folder.at('others'), `${committed}/map-3/link`)
    symlinkSync(folder.at('others'), `${committed}/linked`)
    writeFileSync(`${committed}/plain`, '')
    await directory.discardCommitted()
    expect(existsSync(committed)).toBe(false)
    expect(readFileSync(others, 'utf8')).toBe('of somebody else')
    await directory.discardCommitted()
  })

  test('removes one attempt, or all, and keeps what is committed', async () => {
    const directory = create('words.job.ts')
    for (const number of [1, 2, 3]) attemptWith(directory, `map-00000.${number}`, '')
    directory.discardAttempt('map-00000.1')
    directory.discardAttempt('map-00000.1')
    expect(readdirSync(directory.attemptsFolder)).toEqual(['map-00000.2', 'map-00000.3'])
    directory.commitAttempt('map-00000.2', 'map-00000')
    directory.discardAttempts()
    expect(readdirSync(directory.attemptsFolder)).toEqual([])
    expect(readdirSync(directory.absolute('committed'))).toEqual(['map-00000'])
    await directory.discardCommitted()
    expect(existsSync(directory.absolute('committed'))).toBe(false)
    directory.remove()
    expect(existsSync(directory.path)).toBe(false)
  })
})
