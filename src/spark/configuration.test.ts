import { describe, expect, test } from 'vitest'
import type { SparkOptions } from '../run/index.ts'
import { configurationOf } from './configuration.ts'

const plan = {
  attemptsMax: 4,
  speculates: true,
  workers: 2,
  memory: { totalBytes: 2 ** 30, workerHeapBytes: 2 ** 28, combineBytesMax: 2 ** 26 },
}
const folder = '/runs/one/spark/00ff00ff'
const run = {
  id: '20261129-120000-words',
  eventsFolder: `${folder}/events`,
  localFolder: `${folder}/local`,
  environment: { LANG: 'ko_KR.UTF-8', TZ: 'Asia/Seoul' },
}

function configured(master: string, conf: SparkOptions['conf'] = {}) {
  return configurationOf({ master, deployMode: 'client', home: null, pack: null, conf }, plan, run)
}

describe('configurationOf', () => {
  test('has Spark know who takes part, where it makes the secret itself', () => {
    for (const master of ['local[2]', 'yarn', 'k8s://https://h:6443'])
      expect(configured(master).conf).toMatchObject({ 'spark.authenticate': 'true' })
    expect(configured('spark://h:7077').conf).not.toHaveProperty('spark.authenticate')
    expect(configured('yarn', { 'spark.authenticate': 'false' }).conf).toMatchObject({
      'spark.authenticate': 'false',
    })
  })

  test('has Spark hold what it does in the run, where it is on this machine alone', () => {
    expect(configured('local[2]').conf).toMatchObject({ 'spark.local.dir': run.localFolder })
    const asked = { 'spark.local.dir': '/scratch' }
    expect(configured('local[2]', asked).conf).toMatchObject(asked)
    expect(configured('spark://h:7077').conf).not.toHaveProperty(['spark.local.dir'])
    const comma = configurationOf(
      { master: 'local', deployMode: 'client', home: null, pack: null, conf: {} },
      plan,
      {
        ...run,
        localFolder: '/a,b',
      },
    )
    expect(comma.conf).not.toHaveProperty(['spark.local.dir'])
  })

  test('has workers of other machines show dates and texts as those of this one do', () => {
    expect(configured('spark://h:7077').conf).toMatchObject({
      'spark.executorEnv.LANG': 'ko_KR.UTF-8',
      'spark.executorEnv.TZ': 'Asia/Seoul',
    })
    const asked = { 'spark.executorEnv.TZ': 'UTC' }
    expect(configured('spark://h:7077', asked).conf).toMatchObject(asked)
  })

  test('puts nothing on the command line that nobody is to read', () => {
    const secrets = {
      'spark.hadoop.fs.s3a.secret.key': 'a',
      'spark.hadoop.fs.s3a.access.key': 'b',
      'spark.authenticate.secret': 'c',
      'spark.ssl.keyPassword': 'd',
    }
    const { conf, secretConf } = configured('spark://h:7077', { ...secrets, 'spark.executor.cores': '3' })
    expect(secretConf).toEqual(secrets)
    expect(conf).toMatchObject({ 'spark.executor.cores': '3', 'spark.app.name': `tallyman ${run.id}` })
    for (const name of Object.keys(secrets)) expect(conf).not.toHaveProperty([name])
  })
})
