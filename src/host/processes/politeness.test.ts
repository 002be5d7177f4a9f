import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { describe, expect, test } from 'vitest'
import { isRoot, ordinaryUser, runProgram } from '../../../test/fixtures/bundled.ts'
import { eventually, type Shell, startShell } from '../../../test/fixtures/shell.ts'
import { requires } from '../../../test/requires.ts'
import { makePolite } from './politeness.ts'
import { descendantsOf, readProcess } from './process-tree.ts'

/** What these tests were started with: perhaps they are polite themselves. */
const nice = getPriority()
const read = (file: string): string => readFileSync(file, 'utf8').trim()

const score = Number(read('/proc/self/oom_score_adj'))
const usual = { nice: Math.max(10, nice), score: Math.max(800, score) }

/** The 19th field of a stat line, for each thread of the process. */
function nicenesses(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = read(`/proc/${pid}/task/${thread}/stat`)
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  })
}

/** A node process, with its threads, that starts a child when it reads a line. */
async function startNode(start = 'exec'): Promise<Shell> {
  const program = `
    console.log('up')
    process.stdin.once('data', () => { require('child_process').spawn('sleep', ['60']); console.log('child') })
    setTimeout(() => {}, 60000)`
  const shell = startShell(`${start} "$NODE" -e "$PROGRAM"`, {
    NODE: process.execPath,
    PROGRAM: program,
  })
  await shell.nextLine()
  return shell
}

const hasIonice = spawnSync('ionice', ['-V']).status === 0
const hasAutogroup =
  existsSync('/proc/sys/kernel/sched_autogroup_enabled') &&
  read('/proc/sys/kernel/sched_autogroup_enabled') === '1'

describe('makePolite', () => {
  test('makes every thread nice, and what it starts later', async () => {
    const shell = await startNode()
    expect(new Set(nicenesses(shell.pid))).toEqual(new Set([nice]))
    await makePolite(shell.pid)
    expect(nicenesses(shell.pid).length).toBeGreaterThan(3)
    expect(new Set(nicenesses(shell.pid))).toEqual(new Set([usual.nice]))
    shell.child.stdin?.write('\n')
    await shell.nextLine()
    const [child] = descendantsOf(shell.pid)
    expect(nicenesses(child?.pid ?? 0)).toEqual([usual.nice])
    expect(read(`/proc/${child?.pid}/oom_score_adj`)).toBe(String(usual.score))
  })

  test.skipIf(!requires('grouping of threads by session (sched_autogroup)', hasAutogroup))(
    'makes the session nice, but only for the process that leads it',
    async () => {
      const leader = await startNode()
      const member = startShell('sh -c "echo up; read x; :"; :')
      await member.nextLine()
      const [follower] = descendantsOf(member.pid)
      await makePolite(leader.pid)
      await makePolite(follower?.pid ?? 0)
      expect(read(`/proc/${leader.pid}/autogroup`)).toMatch(/ nice 10$/)
      expect(read(`/proc/${follower?.pid}/autogroup`)).toMatch(/ nice 0$/)
      expect(nicenesses(follower?.pid ?? 0)).toEqual([usual.nice])
      expect(nicenesses(member.pid)).toEqual([nice])
    },
  )

  test.skipIf(!requires('ionice (util-linux)', hasIonice))(
    'puts every thread in the idle class',
    async () => {
      const shell = await startNode()
      expect(await makePolite(shell.pid)).toEqual([])
      for (const thread of readdirSync(`/proc/${shell.pid}/task`))
        expect(execFileSync('ionice', ['-p', thread], { encoding: 'utf8' }).trim()).toBe('idle')
    },
  )

  test('leaves a process that is politer already as it is', async () => {
    const shell = await startNode('echo 1000 >/proc/self/oom_score_adj; exec nice -n 15')
    const before = nicenesses(shell.pid)
    expect(Math.min(...before)).toBe(Math.min(19, nice + 15))
    await makePolite(shell.pid)
    expect(nicenesses(shell.pid)).toEqual(before)
    expect(read(`/proc/${shell.pid}/oom_score_adj`)).toBe('1000')
  })

  test('takes its measure from who asks', async () => {
    const shell = await startNode()
    await makePolite(shell.pid, { niceness: 19, oomScore: 1000 })
    expect(new Set(nicenesses(shell.pid))).toEqual(new Set([19]))
    expect(read(`/proc/${shell.pid}/oom_score_adj`)).toBe('1000')
  })

  test('has nothing to say of a process that has ended', async () => {
    const shell = startShell(':')
    await shell.ended
    await eventually(() => readProcess(shell.pid) === null, 'the shell is gone')
    expect(await makePolite(shell.pid)).toEqual([])
  })

  const canTry = requires('the right to become another user', isRoot)
  test.skipIf(!canTry)('serves an ordinary user with several processes at once', () => {
    const answer = runProgram(
      `import { spawn } from 'node:child_process'
       import { readFileSync } from 'node:fs'
       import { getPriority } from 'node:os'
       import { makePolite } from './src/host/processes/politeness.ts'
       const children = [1, 2, 3, 4].map(() => spawn('sleep', ['60'], { detached: true }))
       const failures = await Promise.all(children.map(({ pid }) => makePolite(pid)))
       const nice = children.map(({ pid }) => getPriority(pid))
       const scores = children.map(({ pid }) => Number(readFileSync('/proc/' + pid + '/oom_score_adj', 'utf8')))
       const groups = ${hasAutogroup}
         ? children.map(({ pid }) => readFileSync('/proc/' + pid + '/autogroup', 'utf8').trim().split(' ').at(-1))
         : ['10', '10', '10', '10']
       for (const child of children) child.kill('SIGKILL')
       console.log(JSON.stringify({ failures: failures.flat(), nice, scores, groups }))`,
      { user: ordinaryUser },
    )
    expect(answer).toEqual({
      failures: hasIonice ? [] : Array(4).fill(expect.stringContaining('ionice')),
      nice: Array(4).fill(usual.nice),
      scores: Array(4).fill(usual.score),
      groups: ['10', '10', '10', '10'],
    })
  })

  test.skipIf(!canTry)("says what it may not do to another user's process", async () => {
    const shell = await startNode()
    const failures = runProgram(
      `import { makePolite } from './src/host/processes/politeness.ts'
       console.log(JSON.stringify(await makePolite(${shell.pid})))`,
      { user: ordinaryUser },
    ) as string[]
    // One that is as nice already is left as it is.
    expect(failures.some((why) => why.includes('niceness could not be set'))).toBe(nice < 10)
    expect(failures.at(-1)).toContain('when memory runs out')
    expect(new Set(nicenesses(shell.pid))).toEqual(new Set([nice]))
  })

  test.skipIf(!canTry)('says when ionice is not there', () => {
    const failures = runProgram(
      `import { spawn } from 'node:child_process'
       import { makePolite } from './src/host/processes/politeness.ts'
       const child = spawn('sleep', ['60'], { detached: true })
       process.env.PATH = '/nowhere'
       console.log(JSON.stringify(await makePolite(child.pid)))
       child.kill('SIGKILL')`,
    )
    expect(failures).toEqual([
      'It reads disks as if it were anybody else: the program "ionice" (util-linux) is not there.',
    ])
  })
})
