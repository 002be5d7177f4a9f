import { describe, expect, it } from 'vitest'
import type { RunOptions } from '../run/index.ts'
import { parseArguments } from './arguments.ts'
import { readMaxBad, readRunOptions } from './run-options.ts'

function optionsOf(...words: readonly string[]): RunOptions {
  return readRunOptions(parseArguments('run', words), '/home/ada')
}

describe('readRunOptions', () => {
  it('takes the job and its inputs from what is no flag, and leaves open what was not said', () => {
    expect(optionsOf('words.job.ts', 'a.txt', '*.txt')).toMatchObject({
      job: 'words.job.ts',
      inputs: ['a.txt', '*.txt'],
      cwd: '/home/ada',
      isolation: 'process',
      workers: null,
      memoryBytes: null,
      splitBytes: null,
      spillBytes: null,
      params: {},
      expect: null,
      accept: [],
      badRecords: { kind: 'count', count: 0 },
      attemptsMax: 3,
      taskTimeoutMs: 600_000,
      isPolite: true,
    })
  })

  it('refuses a job that stands behind its inputs, and says in which order they come', () => {
    expect(() => optionsOf('two words.txt', 'words.job.ts')).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: '"two words.txt" stands where the job should, and "words.job.ts" among the inputs.',
        wayOut: "The job comes first: tallyman run words.job.ts 'two words.txt'",
      }),
    )
    expect(() => optionsOf('a', 'b', 'w.mjs', 'c', 'd')).toThrow(
      expect.objectContaining({ wayOut: 'The job comes first: tallyman run w.mjs a b c …' }),
    )
    // Programs are as good an input as any.
    expect(optionsOf('words.job.ts', 'src/a.ts').inputs).toEqual(['src/a.ts'])
  })

  it('takes everything that is said', () => {
    const words =
      '--isolation=thread -w 3 -m 1G --split 64K --accept a --accept b --max-bad 5% --attempts 2 --task-timeout 7'
    expect(optionsOf('j', ...words.split(' '))).toMatchObject({
      isolation: 'thread',
      workers: 3,
      memoryBytes: 2 ** 30,
      splitBytes: 65_536,
      accept: ['a', 'b'],
      badRecords: { kind: 'percent', percent: 5 },
      attemptsMax: 2,
      taskTimeoutMs: 7000,
      isPolite: true,
    })
  })

  it('reads whole files as splits without end', () => {
    expect(optionsOf('j', '--split', 'whole').splitBytes).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('takes a cluster, with what belongs to it, and the memory of one worker there', () => {
    const words = '--on spark://h:7077 -w 3 -m 512M --spark-conf spark.executor.cores=2 --spark-home s'
    expect(optionsOf('j', ...words.split(' '))).toMatchObject({
      workers: 3,
      memoryBytes: (3 * 512 + 96) * 2 ** 20,
      spark: {
        master: 'spark://h:7077',
        deployMode: 'client',
        home: '/home/ada/s',
        pack: null,
        conf: { 'spark.executor.cores': '2', 'spark.cores.max': '3' },
      },
    })
    expect(optionsOf('j', '--on', 'local[3]', '-m', '1G')).toMatchObject({
      workers: 3,
      memoryBytes: 2 ** 30,
      spark: { master: 'local[3]', conf: {} },
    })
    expect(optionsOf('j').spark).toBeNull()
  })

  it('asks for as many executors as have the cores that are wanted, where a cluster counts those', () => {
    const words = '-w 5 --spark-conf spark.executor.cores=2'.split(' ')
    for (const master of ['yarn', 'k8s://https://h:6443'])
      expect(optionsOf('j', '--on', master, ...words).spark?.conf).toEqual({
        'spark.executor.cores': '2',
        'spark.executor.instances': '3',
      })
  })

  it('refuses a property of Spark that a run stands on', () => {
    for (const name of [
      'spark.eventLog.dir',
      'spark.eventLog.enabled',
      'spark.master',
      'spark.submit.deployMode',
    ])
      expect(() => optionsOf('j', '--on', 'yarn', '--spark-conf', `${name}=x`)).toThrow(
        `Option --spark-conf sets ${name}, which a run on Spark sets itself.`,
      )
  })

  it('refuses a property that would be passed over in silence', () => {
    const sets = (property: string) => () => optionsOf('j', '--on', 'yarn', '--spark-conf', property)
    expect(sets('executor.cores=4')).toThrow('sets executor.cores, which Spark would pass over')
    expect(sets('spark.tallyman.throughdriver=true')).toThrow('which is no property of a run')
    expect(sets('spark.tallyman.throughDriver=yes')).toThrow('to "yes"; it takes true or false')
    expect(sets('spark.tallyman.silentSeconds=soon')).toThrow('it takes a number of seconds')
    for (const property of ['spark.tallyman.silentSeconds=30', 'spark.tallyman.throughDriver=true'])
      expect(sets(property)).not.toThrow()
  })

  it('refuses a driver on a cluster that takes none in Python', () => {
    const onCluster = (master: string) => () => optionsOf('j', '--on', master, '--deploy-mode', 'cluster')
    for (const master of ['local[2]', 'spark://h:7077'])
      expect(onCluster(master)).toThrow(`"cluster", and ${master} takes no driver written in Python`)
    for (const master of ['yarn', 'k8s://https://h:6443']) expect(onCluster(master)).not.toThrow()
  })

  it('refuses options of a cluster without one, and of this machine with one', () => {
    expect(() => optionsOf('j', '--spark-conf', 'a=b')).toThrow('Option --spark-conf is for runs on Spark.')
    expect(() => optionsOf('j', '--on', 'yarn', '--isolation', 'thread')).toThrow('do not go together')
    expect(() => optionsOf('j', '--on', 'yarn', '--spark-conf', 'x')).toThrow('it takes NAME=VALUE')
  })

  it('is frozen', () => {
    expect(Object.isFrozen(optionsOf('j'))).toBe(true)
  })

  it('refuses a command line without a job', () => {
    expect(() => optionsOf()).toThrow('Which job? `tallyman run` needs a job file and inputs.')
  })

  it('keeps parameters as typed, the last of a name', () => {
    expect(optionsOf('j', '-p', 'a=1', '-p', 'b=x=y', '-p', 'c=', '-p', 'a=2').params).toEqual({
      a: '2',
      b: 'x=y',
      c: '',
    })
    expect(Object.keys(optionsOf('j', '-p', '__proto__=1').params)).toEqual(['__proto__'])
  })

  it.each(['limit', '=1', ''])('refuses --param %j', (text) => {
    expect(() => optionsOf('j', '--param', text)).toThrow(
      `Option --param is ${JSON.stringify(text)}; it takes NAME=VALUE.`,
    )
  })

  it('reads expected days', () => {
    expect(optionsOf('j', '--expect', '2020-01-01..2020-12-31').expect).toMatchObject({
      from: '2020-01-01',
      to: '2020-12-31',
    })
  })

  const twoDays = 'it takes the first and the last day, YYYY-MM-DD..YYYY-MM-DD.'
  it.each([
    ['2020', twoDays],
    ['2020-01-01', twoDays],
    ['2020-01-01..', 'its last day is "", which is no day in the form YYYY-MM-DD.'],
    ['2020-02-30..2020-03-01', 'its first day is "2020-02-30", which is no day in the form YYYY-MM-DD.'],
    ['2020-02-01..2020-01-01', 'it ends "2020-01-01", before it starts, "2020-02-01".'],
    [
      '0001-01-01..9999-12-31',
      'it has 3,652,059 days, from "0001-01-01" to "9999-12-31"; it may have 100,000.',
    ],
    ['a..b..c', twoDays],
  ])('refuses --expect %j', (text, why) => {
    expect(() => optionsOf('j', '--expect', text)).toThrow(
      expect.objectContaining({ code: 'usage', message: `Option --expect is "${text}"; ${why}` }),
    )
  })
})

describe('readMaxBad', () => {
  it.each([
    ['0', { kind: 'count', count: 0 }],
    ['12', { kind: 'count', count: 12 }],
    ['0%', { kind: 'percent', percent: 0 }],
    ['0.1%', { kind: 'percent', percent: 0.1 }],
    ['100%', { kind: 'percent', percent: 100 }],
  ])('reads %s', (text, limit) => {
    expect(readMaxBad(text)).toEqual(limit)
  })

  it('says nothing where nothing was said', () => {
    expect(readMaxBad(null)).toBeNull()
  })

  it.each(['', '-1', '1.5', '101%', '1e3', '%', '5 %', 'all', '1,000', '99999999999999999999'])(
    'refuses %j',
    (text) => {
      expect(() => readMaxBad(text)).toThrow(
        expect.objectContaining({
          code: 'usage',
          wayOut: 'Say for example --max-bad 10, or --max-bad 0.1%.',
        }),
      )
    },
  )
})
