import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { isRoot, ordinaryUser, runProgram } from '../../test/fixtures/bundled.ts'
import { requires } from '../../test/requires.ts'
import { limitedStart, type StartLimits } from './limited-start.ts'

const canTry = requires('prlimit (util-linux)', limitedStart({}).kind === 'able')

function commandOf(limits: StartLimits): readonly string[] {
  const start = limitedStart(limits)
  if (start.kind === 'unable') throw new Error(start.reason)
  return start.command
}

describe.skipIf(!canTry)('limitedStart', () => {
  test('starts a command under its limits, under its own pid', () => {
    const [program = '', ...words] = commandOf({ coreBytesMax: 0, dataBytesMax: 2 ** 30 })
    const script = 'cat /proc/self/limits; echo $$ $PPID'
    const { stdout } = spawnSync(program, [...words, 'sh', '-c', script], { encoding: 'utf8' })
    expect(stdout).toMatch(/^Max core file size +0 +0 /m)
    expect(stdout).toMatch(/^Max data size +1073741824 +1073741824 /m)
    expect(stdout).toMatch(new RegExp(`^\\d+ ${process.pid}$`, 'm'))
  })

  test('passes on words that look like options of its own', () => {
    const [program = '', ...words] = commandOf({})
    const { stdout } = spawnSync(program, [...words, 'echo', '--nofile=1', '--'], { encoding: 'utf8' })
    expect(stdout).toBe('--nofile=1 --\n')
  })

  test('has Buffers counted among the data of a process', () => {
    const answer = runProgram(
      `const fits = (bytes) => { try { return Buffer.alloc(bytes, 1).length === bytes } catch (error) { return error.name } }
       console.log(JSON.stringify([fits(100 * 2 ** 20), fits(800 * 2 ** 20)]))`,
      { before: commandOf({ dataBytesMax: 500 * 2 ** 20 }) },
    )
    expect(answer).toEqual([true, 'RangeError'])
  })

  test.skipIf(!requires('the right to become another user', isRoot))(
    'refuses an ordinary user the fork that is too many',
    () => {
      const answer = runProgram(
        `import { spawn } from 'node:child_process'
         const children = Array.from({ length: 60 }, () => spawn('sleep', ['60']).on('error', () => {}))
         const started = children.filter(({ pid }) => pid !== undefined)
         for (const child of started) child.kill('SIGKILL')
         console.log(JSON.stringify(started.length))`,
        { user: ordinaryUser, before: commandOf({ userThreadsMax: 40 }) },
      )
      expect(answer).toBeGreaterThan(10)
      expect(answer).toBeLessThan(40)
    },
  )
})

describe('limitedStart, without prlimit', () => {
  test('says what is missing', () => {
    const reason = 'The program "prlimit" (util-linux) is not there.'
    expect(limitedStart({}, '/nowhere:')).toEqual({ kind: 'unable', reason })
  })
})
