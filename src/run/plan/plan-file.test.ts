import { appendFileSync, existsSync, statSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { plainFile, planOf } from '../../../test/fixtures/plans.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import type { SparkOptions } from '../options.ts'
import { readPlan, writePlan } from './plan-file.ts'
import { isSecretProperty } from './secret-properties.ts'

function place(): string {
  const folder = tempFolder()
  onTestFinished(() => folder.remove())
  return folder.at('plan.json')
}

function planWith(conf: SparkOptions['conf']) {
  return planOf([plainFile('a', 5)], {
    spark: { master: 'yarn', deployMode: 'client', home: null, pack: null, conf },
  })
}

test('a plan is read as it was written; where there is none, null', () => {
  const file = place()
  expect(readPlan(file)).toBeNull()
  const plan = planWith({ 'spark.executor.cores': '2' })
  writePlan(file, plan)
  expect(readPlan(file)).toEqual(plan)
})

test('a plan that is not as it was written is refused, with what to do', () => {
  const file = place()
  writePlan(file, planOf([]))
  appendFileSync(file, ' ')
  expect(() => readPlan(file)).toThrow(
    expect.objectContaining({
      code: 'file-damaged',
      message: `${file} is not as it was written.`,
      wayOut: 'The run cannot go on from it: start the run again, which uses what its map tasks wrote.',
    }),
  )
})

test('a plan that cannot be read is no plan that is not there', () => {
  const folder = tempFolder()
  onTestFinished(() => folder.remove())
  expect(() => readPlan(folder.path)).toThrow(
    expect.objectContaining({
      code: 'io',
      message: expect.stringContaining(`The plan ${folder.path} could not be read: `),
      cause: expect.objectContaining({ code: 'EISDIR' }),
    }),
  )
})

test('a plan with one secret among its properties is for nobody else to read', () => {
  const modeOf = (conf: SparkOptions['conf']): number => {
    const file = place()
    writePlan(file, planWith(conf))
    expect(existsSync(file)).toBe(true)
    return statSync(file).mode & 0o077
  }
  expect(modeOf({ 'spark.executor.cores': '2', 'spark.ssl.keyPassword': 'x' })).toBe(0)
  expect(modeOf({ 'spark.executor.cores': '2' })).toBe(0o077 & ~process.umask() & 0o066)
})

test('properties that Spark itself shows nowhere are secrets', () => {
  const secrets = [
    'spark.authenticate.secret',
    'spark.ssl.keyPassword',
    'spark.hadoop.fs.TOKEN',
    'fs.s3a.access.key',
    'accessKey',
  ]
  expect(secrets.filter((name) => !isSecretProperty(name))).toEqual([])
  expect(['spark.executor.cores', 'access-list', 'accessXkey'].filter(isSecretProperty)).toEqual([])
})
