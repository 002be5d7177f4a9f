import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { transformSync } from 'esbuild'
import { afterEach, describe, expect, it } from 'vitest'
import { hasProc, killQuietly } from '../../../test/fixtures/process-tree.ts'
import { until } from '../../../test/fixtures/until.ts'
import { requires } from '../../../test/requires.ts'
import { Leash } from './leash.ts'

const started: number[] = []
afterEach(() => {
  for (const pid of started.splice(0)) killQuietly(pid)
})

/** A process that leads a group of its own. */
function startLeader(): number {
  const { pid } = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
  if (pid === undefined) throw new Error('No process could be started.')
  started.push(pid)
  return pid
}

/** A program that holds groups and says so on stdout; `then` is what it does last. */
function startHolder(
  groups: { readonly hold: number[]; readonly release: number[] },
  then = '',
): ChildProcess {
  const source = readFileSync(new URL('./leash.ts', import.meta.url), 'utf8')
  const leash = `data:text/javascript,${encodeURIComponent(transformSync(source, { loader: 'ts' }).code)}`
  const program = `
    import { Leash } from ${JSON.stringify(leash)}
    const leash = new Leash()
    for (const group of ${JSON.stringify(groups.hold)}) leash.hold(group)
    for (const group of ${JSON.stringify(groups.release)}) leash.release(group)
    ${then}
    process.stdout.write('held')
    setInterval(() => undefined, 1000)
  `
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  started.push(holder.pid ?? 0)
  return holder
}

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Waits until the holder has said all to its shell, then kills it. */
async function killWhenHeld(holder: ChildProcess): Promise<void> {
  await new Promise((resolve) => holder.stdout?.once('data', resolve))
  holder.kill('SIGKILL')
}

describe.skipIf(!requires('/proc', hasProc))('Leash', () => {
  it('ends the groups that are held when its process is killed, and no other', async () => {
    const [a, b, released, never] = [startLeader(), startLeader(), startLeader(), startLeader()]
    await killWhenHeld(startHolder({ hold: [a, released, b], release: [released] }))
    await until('the held groups to end', () => !isAlive(a) && !isAlive(b))
    expect([isAlive(released), isAlive(never)]).toEqual([true, true])
  })

  it('ends the groups that are held when its process ends by itself', async () => {
    const leader = startLeader()
    startHolder({ hold: [leader], release: [] }, 'setTimeout(() => process.exit(0), 50)')
    await until('the held group to end', () => !isAlive(leader))
  })

  it('ends nobody when it is closed, and leaves no shell', async () => {
    const [held, released] = [startLeader(), startLeader()]
    const leash = new Leash()
    leash.hold(held)
    leash.hold(released)
    leash.release(released)
    await leash.close()
    await leash.close()
    expect([isAlive(held), isAlive(released)]).toEqual([true, true])
  })

  it('starts no shell to let go of what was never held', async () => {
    const leash = new Leash()
    leash.release(1)
    await leash.close()
  })
})
