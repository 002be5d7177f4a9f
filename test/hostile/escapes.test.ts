/** A job whose programs shake off everything that leads to them, where no control group helps: as an ordinary user. */
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { program, Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const uid = 5678
const asUser = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', process.execPath, program]
const canBeUser = spawnSync('setpriv', [...asUser, '--version']).status === 0

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  shop.write('in.txt', `one\nbad\n${'x\n'.repeat(500)}`)
})
afterAll(() => shop.remove())

/** Runs the program as that user, in a folder that is theirs. */
function runAsUser(umask: string, ...args: readonly string[]): ReturnType<Workshop['run']> {
  const words = ['setpriv', ...asUser, ...args].map((word) => `'${word}'`).join(' ')
  return shop.shell(
    `umask ${umask}; exec env HOME="$PWD" TALLYMAN_HOME="$PWD/${umask === '022' ? 'home' : 'private-home'}" ${words}`,
  )
}

/** Programs that sleep for just so long. */
function sleepers(nap: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`sleep\0${nap}\0`)
    } catch {
      // It has ended meanwhile.
      return false
    }
  })
}

describe.skipIf(
  !requires('setpriv, the right to use it, and a program that other users may read', canBeUser),
)('a job of an ordinary user', () => {
  beforeAll(() => {
    for (const path of [shop.folder, join(shop.folder, 'in.txt')]) chownSync(path, uid, uid)
    chmodSync(shop.folder, 0o755)
  })

  const double = (nap: string): string =>
    `spawnSync('env', ['-i', 'setsid', '--fork', 'sleep', '${nap}'], { stdio: 'ignore' })`

  it.each(['process', 'thread'])(
    'that forks twice with nothing in the environment leaves nothing behind, with --isolation %s',
    async (isolation) => {
      const nap = `${300 + Math.floor(Math.random() * 600)}.${process.pid}`
      const job = shop.job(
        'twice.job.ts',
        `if (line === 'bad') ${double(nap)}; emit(line)`,
        "import { spawnSync } from 'node:child_process'",
      )
      const ended = runAsUser('022', 'run', job, 'in.txt', '--no-reuse', '-w', '2', '--isolation', isolation)
      expect(ended, ended.stderr).toMatchObject({ status: 0 })
      await until('none to be left', () => sleepers(nap).length === 0)
    },
  )

  it('that does so without end loses its attempt, is told why, and leaves nothing behind', async () => {
    const nap = `${300 + Math.floor(Math.random() * 600)}.${process.pid}`
    const job = shop.job(
      'bomb.job.ts',
      `if (line === 'bad') for (;;) ${double(nap)}; emit(line)`,
      "import { spawnSync } from 'node:child_process'",
    )
    const ended = runAsUser('022', 'run', job, 'in.txt', '--no-reuse', '-w', '1', '--max-bad', '1')
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    const [rejected] = readFileSync(join(shop.runs().at(-1) ?? '', 'rejected.jsonl'), 'utf8').split('\n')
    expect(JSON.parse(rejected ?? '')).toMatchObject({
      line: 2,
      reason: expect.stringContaining('had started'),
    })
    await until('none to be left', () => sleepers(nap).length === 0)
  })

  it('writes what its umask says: under 077 nobody else reads any of it', () => {
    const job = shop.job('words.job.ts', 'emit(line)')
    const ended = runAsUser('077', 'run', job, 'in.txt', '-o', 'private')
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    const folders = [join(shop.folder, 'private'), join(shop.folder, 'private-home')]
    const open = folders
      .flatMap((folder) =>
        readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
          join(entry.parentPath, entry.name),
        ),
      )
      .filter((path) => !/\/lock\/|node_modules\/tallyman/.test(path))
      .filter((path) => (statSync(path).mode & 0o077) !== 0 || statSync(path).uid !== uid)
    expect(open).toEqual([])
  })
})
