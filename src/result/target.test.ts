import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { isRoot, ordinaryUser, runProgram } from '../../test/fixtures/bundled.ts'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { sealManifest, type UnsealedManifest } from './manifest.ts'
import { checkTarget, resultAround } from './target.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

const job = folder.at('words.job.ts')

const unsealed = {
  format: 'tallyman result',
  version: 1,
  digest: `sha256:${'ab'.repeat(32)}`,
  tables: [],
  tableFormat: 'jsonl',
  job: { path: 'words.job.ts', file: job, description: {}, params: {}, codeSha256: '' },
} as unknown as UnsealedManifest

/** A directory with this manifest. */
function result(name: string, manifest: string): string {
  const path = folder.at(name)
  mkdirSync(path)
  writeFileSync(`${path}/manifest.json`, manifest)
  return path
}

const whole = sealManifest(unsealed).text

describe('checkTarget', () => {
  test('takes a place where nothing is', () => {
    expect(checkTarget(folder.at('new'), job)).toBe('free')
  })

  test('takes the place of an older result of the same job', () => {
    expect(checkTarget(result('older', whole), job)).toBe('older-result')
  })

  test('takes a place below a link to a folder', () => {
    mkdirSync(folder.at('real'))
    symlinkSync(folder.at('real'), folder.at('link'))
    expect(checkTarget(folder.at('link', 'new'), job)).toBe('free')
  })

  test('refuses an older result beside which somebody has put a file of his own', () => {
    const place = result('with-notes', whole)
    writeFileSync(`${place}/notes.md`, 'weeks of work')
    expect(() => checkTarget(place, job)).toThrow(
      expect.objectContaining({
        code: 'result-exists',
        message: `${place} holds "notes.md" beside an older result, which would be lost; it is not overwritten.`,
        wayOut: 'Name another directory with -o, or move this one away.',
      }),
    )
  })

  test('refuses the result of another job', () => {
    const place = result('other-job', whole)
    expect(() => checkTarget(place, folder.at('other.job.ts'))).toThrow(
      expect.objectContaining({
        code: 'result-exists',
        message: `${place} is the result of another job; it is not overwritten.`,
        wayOut: 'Name another directory with -o, or move this one away.',
      }),
    )
  })

  mkdirSync(folder.at('full'))
  writeFileSync(folder.at('full', 'precious.txt'), '')
  mkdirSync(folder.at('empty'))
  writeFileSync(folder.at('file'), '')
  symlinkSync(folder.at('nowhere'), folder.at('dangling'))
  const later = sealManifest({ ...unsealed, version: 2 } as unknown as UnsealedManifest).text

  test.each([
    ['a directory with something in it', folder.at('full')],
    ['an empty directory', folder.at('empty')],
    ['a file', folder.at('file')],
    ['a link that leads nowhere', folder.at('dangling')],
    ['a web application', result('web', '{"name":"App","icons":[]}')],
    ['a manifest that is no JSON', result('torn', whole.slice(0, 100))],
    ['a manifest that was changed', result('changed', whole.replace('jsonl', 'csv'))],
    ['a result of another version', result('of-later-version', later)],
  ])('refuses the place of %s', (_, place) => {
    expect(() => checkTarget(place, job)).toThrow(
      expect.objectContaining({
        code: 'result-exists',
        message: expect.stringContaining(`${place} exists already`),
      }),
    )
  })

  test.each([
    ['is not there', folder.at('no', 'such', 'folder'), folder.at('no', 'such'), 'does not exist'],
    ['is a file', folder.at('file', 'result'), folder.at('file'), 'is no folder'],
    ['leads nowhere', folder.at('dangling', 'result'), folder.at('dangling'), 'is no folder'],
    ['lies below a file', folder.at('file', 'deep', 'result'), folder.at('file', 'deep'), 'does not exist'],
  ])('refuses a place in a folder that %s', (_, place, parent, what) => {
    expect(() => checkTarget(place, job)).toThrow(
      expect.objectContaining({
        code: 'not-found',
        message: `The folder ${parent} for the result ${what}.`,
      }),
    )
  })

  test('does not take for free what may not be looked at', () => {
    mkdirSync(folder.at('secret', 'result'), { recursive: true })
    chmodSync(folder.at('secret'), 0)
    const program = `
      import { checkTarget } from './src/result/target.ts'
      try {
        console.log(JSON.stringify(checkTarget(${JSON.stringify(folder.at('secret', 'result'))}, '')))
      } catch (error) {
        console.log(JSON.stringify(error.code))
      }`
    try {
      chmodSync(folder.path, 0o755)
      expect(runProgram(program, isRoot ? { user: ordinaryUser } : {})).toBe('io')
    } finally {
      chmodSync(folder.at('secret'), 0o700)
    }
  })
})

describe('resultAround', () => {
  test('is the result that a folder is, or lies in, however deep and by whatever link', () => {
    const place = result('around', whole)
    for (const inside of ['around', 'around/plots', 'around/plots/deep'])
      expect(resultAround(folder.at(inside))).toBe(place)
    symlinkSync(place, folder.at('to-around'))
    expect(resultAround(folder.at('to-around', 'plots'))).toBe(place)
  })

  test('is one whose manifest was changed, or is of another version', () => {
    const changed = result('changed-manifest', whole.replace('sha256:ab', 'sha256:cd'))
    expect(resultAround(changed)).toBe(changed)
    const later = result(
      'later',
      sealManifest({ ...unsealed, version: 2 } as unknown as UnsealedManifest).text,
    )
    expect(resultAround(`${later}/x`)).toBe(later)
  })

  test('is none where a manifest is that of something else, is no file, or is not there', () => {
    expect(resultAround(result('web-app', '{"name":"app"}\n'))).toBeNull()
    mkdirSync(folder.at('odd', 'manifest.json'), { recursive: true })
    expect(resultAround(folder.at('odd'))).toBeNull()
    expect(resultAround(folder.at('nowhere', 'at', 'all'))).toBeNull()
    writeFileSync(folder.at('file'), '')
    expect(resultAround(folder.at('file', 'below'))).toBeNull()
  })
})
