import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findSpark, javaMajor, requireJava } from './find-spark.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-find-spark-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function program(path: string, text: string): string {
  const file = join(folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, 0o755)
  return file
}

function installation(name: string, version: string): string {
  program(`${name}/bin/spark-submit`, '')
  mkdirSync(join(folder, name, 'jars'))
  writeFileSync(join(folder, name, 'jars', `spark-core_2.13-${version}.jar`), '')
  return join(folder, name)
}

describe('findSpark', () => {
  it('takes what is named before what the environment names', async () => {
    const [a, b] = [installation('a', '4.3.0'), installation('b', '3.5.9')]
    expect(await findSpark(a, { SPARK_HOME: b, PATH: '' })).toEqual({
      home: a,
      version: '4.3.0',
      python: null,
    })
    expect(await findSpark(null, { SPARK_HOME: b, PATH: '' })).toMatchObject({ home: b, version: '3.5.9' })
  })

  it('finds the spark-submit in PATH, and the package of the Python there', async () => {
    const a = installation('a', '4.0.1')
    expect(await findSpark(null, { PATH: join(a, 'bin') })).toMatchObject({ home: a })
    const python = program('venv/bin/python3', `echo ${a}`)
    expect(await findSpark(null, { PATH: join(folder, 'venv', 'bin') })).toEqual({
      home: a,
      version: '4.0.1',
      python: 'python3',
    })
    expect(await findSpark(null, { PATH: '', PYSPARK_PYTHON: python })).toMatchObject({ home: a, python })
  })

  it('says what to do where there is none, or none of that name', async () => {
    await expect(findSpark(null, { PATH: folder })).rejects.toMatchObject({
      code: 'package-missing',
      message: 'Apache Spark is not installed, or is not found.',
      wayOut: expect.stringContaining('pip install pyspark'),
    })
    await expect(findSpark(folder, {})).rejects.toThrow(`--spark-home names ${folder}`)
    await expect(findSpark(null, { SPARK_HOME: folder })).rejects.toThrow(`SPARK_HOME names ${folder}`)
  })

  it('refuses one that is too old', async () => {
    const old = installation('old', '3.4.2')
    await expect(findSpark(old, {})).rejects.toThrow(`${old} is Spark 3.4.2; tallyman takes 3.5 or newer.`)
  })
})

describe('requireJava', () => {
  const spark = { home: '/spark', version: '4.3.0', python: null }

  it('refuses none, and one that is too old for this Spark', async () => {
    await expect(requireJava(spark, { JAVA_HOME: folder })).rejects.toMatchObject({
      code: 'package-missing',
      message: expect.stringContaining(`${join(folder, 'bin', 'java')} could not be started`),
      wayOut: `JAVA_HOME names ${folder}: have it name the folder of a Java 17 (Debian and Ubuntu: apt install openjdk-17-jre-headless), or unset it where the java in PATH is one.`,
    })
    await expect(requireJava(spark, { PATH: folder })).rejects.toMatchObject({
      wayOut: expect.stringContaining(
        'Install Java 17 (Debian and Ubuntu: apt install openjdk-17-jre-headless)',
      ),
    })
    program('bin/java', `echo 'openjdk version "11.0.22" 2024-01-16' >&2`)
    await expect(requireJava(spark, { JAVA_HOME: folder })).rejects.toThrow(
      'Spark 4.3.0 needs Java 17 or newer',
    )
    await requireJava({ ...spark, version: '3.5.9' }, { JAVA_HOME: folder })
  })

  it('knows versions by their first number, and those before 9 by their second', () => {
    expect(javaMajor('openjdk version "17.0.15" 2025-04-15')).toBe(17)
    expect(javaMajor('java version "1.8.0_402"')).toBe(8)
    expect(javaMajor('openjdk version "21" 2023-09-19')).toBe(21)
    expect(javaMajor('gij')).toBeNull()
  })
})
