import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TempFolder, tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { askProof, giveProof, ownRealm, withdrawProof } from './alive.ts'

let folder: TempFolder
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => {
  withdrawProof(folder.path, 'one')
  folder.remove()
})

describe('a proof', () => {
  test('stands until it is withdrawn', () => {
    expect(askProof(folder.path, 'one')).toBeNull()
    giveProof(folder.path, 'one')
    expect([askProof(folder.path, 'one'), askProof(folder.path, 'two')]).toEqual([true, null])
    // Given once more it is the same, and one withdrawal is enough.
    giveProof(folder.path, 'one')
    expect(askProof(folder.path, 'one')).toBe(true)
    withdrawProof(folder.path, 'one')
    expect([askProof(folder.path, 'one'), readdirSync(folder.path)]).toEqual([null, []])
    withdrawProof(folder.path, 'one')
    giveProof(folder.path, 'one')
    expect(askProof(folder.path, 'one')).toBe(true)
  })

  test.skipIf(!existsSync('/proc/self/fd'))('is held open once, however often it is given', () => {
    const open = (): number => readdirSync('/proc/self/fd').length
    const before = open()
    for (const _ of [1, 2, 3]) giveProof(folder.path, 'one')
    expect(open()).toBe(before + 1)
    withdrawProof(folder.path, 'one')
    expect(open()).toBe(before)
  })

  test('may be asked by everybody, and read by nobody else', () => {
    giveProof(folder.path, 'one')
    const { mode } = statSync(folder.at('alive-one'))
    expect((mode & 0o777).toString(8)).toBe('622')
  })

  test('is not given where there is no such folder', () => {
    giveProof(folder.at('nowhere'), 'one')
    expect([existsSync(folder.at('nowhere')), askProof(folder.at('nowhere'), 'one')]).toEqual([false, null])
  })

  test('has fallen where nobody holds it any more', () => {
    spawnSync('mkfifo', [folder.at('alive-one')])
    expect(askProof(folder.path, 'one')).toBe(false)
    withdrawProof(folder.path, 'one')
    expect(readdirSync(folder.path)).toEqual([])
  })
})

test('ownRealm is the same whenever it is asked', () => {
  const realm = ownRealm()
  const boot = '/proc/sys/kernel/random/boot_id'
  if (existsSync(boot) && existsSync('/proc/self/ns/pid'))
    expect(realm).toEqual({
      boot: readFileSync(boot, 'utf8').trim(),
      namespace: expect.stringMatching(/^\d+$/),
    })
  expect(ownRealm()).toBe(realm)
})
