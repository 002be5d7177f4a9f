import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { besideTarget, removeLeft } from './beside-target.ts'

const folder = tempFolder()
afterEach(() => folder.remove())

test("hides what is beside a place, and removes of it what runs have left, and nothing that is somebody else's", () => {
  const target = folder.at('counts')
  expect(besideTarget(target, '20201231-235959-words', 'new')).toBe(
    folder.at('.counts.20201231-235959-words.new'),
  )
  const ids = ['20201231-235959-words', '20201231-235959-my_Job-2']
  const left = ids.flatMap((id) => [besideTarget(target, id, 'new'), besideTarget(target, id, 'old')])
  for (const place of left) {
    mkdirSync(place)
    writeFileSync(`${place}/result.jsonl`, '{}')
  }
  const others = [
    'counts',
    '.counts.lock',
    '.counts.mine.new',
    '.counts.20201231-235959-words.newer',
    '.counts.20201231-235959-words..new',
    '.counts.2.20201231-235959-words.new',
    'counts.20201231-235959-words.new',
    '.accounts.20201231-235959-words.new',
  ]
  for (const name of others) mkdirSync(folder.at(name))
  removeLeft(target, 'new')
  expect(left.map((place) => existsSync(place))).toEqual([false, true, false, true])
  removeLeft(target, 'old')
  expect(readdirSync(folder.at('.')).sort()).toEqual(others.sort())
})
