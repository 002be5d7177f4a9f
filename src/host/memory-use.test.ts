import { describe, expect, test } from 'vitest'
import { isRoot, ordinaryUser, runProgram } from '../../test/fixtures/bundled.ts'
import { fileTree } from '../../test/fixtures/file-tree.ts'
import { startShell } from '../../test/fixtures/shell.ts'
import { requires } from '../../test/requires.ts'
import { readMemoryUse } from './memory-use.ts'

const mebibyte = 2 ** 20

const status =
  'Name:\tnode\nUid:\t0\t0\nVmRSS:\t  500 kB\nRssAnon:\t  90 kB\nRssFile:\t  410 kB\nVmSwap:\t  7 kB\n'
const rollup =
  '00-ff ---p 00000000 00:00 0 [rollup]\nRss: 500 kB\nPss:    130 kB\nPss_Anon: 9 kB\nSwapPss: 5 kB\n'

const two = { '7/status': status, '7/smaps_rollup': rollup, '8/status': status, '8/smaps_rollup': rollup }

/** A node process that holds as many mebibytes; settles when they are filled. */
async function holder(mebibytes: number): Promise<number> {
  const program = `globalThis.held = Buffer.alloc(${mebibytes * mebibyte}, 1); console.log('up'); setTimeout(() => {}, 60000)`
  const shell = startShell('exec "$NODE" -e "$PROGRAM"', { NODE: process.execPath, PROGRAM: program })
  await shell.nextLine()
  return shell.pid
}

describe('readMemoryUse', () => {
  test('sums pages in proportion, and swap', () => {
    const proc = fileTree(two)
    expect(readMemoryUse([7, 8], { proc })).toEqual({ bytes: 270 * 1024, measure: 'proportional' })
  })

  test('stays with the upper bound as long as that is not above the threshold', () => {
    const proc = fileTree(two)
    const bound = 2 * 507 * 1024
    expect(readMemoryUse([7, 8], { proc, exactAboveBytes: bound })).toEqual({
      bytes: bound,
      measure: 'resident',
    })
    expect(readMemoryUse([7, 8], { proc, exactAboveBytes: bound - 1 }).measure).toBe('proportional')
  })

  test('counts unshared pages where the rest may not be read, and says so', () => {
    const proc = fileTree({ ...two, '7/smaps_rollup': '' })
    expect(readMemoryUse([7, 8], { proc })).toEqual({ bytes: (97 + 135) * 1024, measure: 'unshared' })
  })

  test('counts nothing for a process that is gone or dead', () => {
    const proc = fileTree({ '7/status': 'Name:\tsh\nState:\tZ (zombie)\n' })
    expect(readMemoryUse([7, 9], { proc }).bytes).toBe(0)
    expect(readMemoryUse([]).bytes).toBe(0)
  })

  test('sees what a real process holds, and that two of them share the program', async () => {
    const pids = [await holder(64), await holder(64)]
    const exact = readMemoryUse(pids)
    const bound = readMemoryUse(pids, { exactAboveBytes: Number.MAX_SAFE_INTEGER })
    expect(exact.measure).toBe('proportional')
    expect(exact.bytes).toBeGreaterThan(128 * mebibyte)
    expect(exact.bytes).toBeLessThan(512 * mebibyte)
    expect(bound.measure).toBe('resident')
    expect(bound.bytes).toBeGreaterThan(exact.bytes)
  })

  test.skipIf(!requires('the right to become another user', isRoot))(
    "counts unshared pages of another user's process",
    async () => {
      const pid = await holder(64)
      const use = runProgram(
        `import { readMemoryUse } from './src/host/memory-use.ts'
         console.log(JSON.stringify(readMemoryUse([${pid}])))`,
        { user: ordinaryUser },
      )
      expect(use).toMatchObject({ measure: 'unshared' })
      expect((use as { bytes: number }).bytes).toBeGreaterThan(64 * mebibyte)
    },
  )
})
