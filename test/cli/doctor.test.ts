/** `doctor`: what it says of a machine that is as it should be, and of one where things are not. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { userPorts } from '../../src/host/index.ts'
import { hasEngine } from '../fixtures/engine.ts'
import { canMakeUsers, OrdinaryUser } from '../fixtures/ordinary-user.ts'
import { type Ended, program, type Surroundings, Workshop } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

const shop = new Workshop()
afterAll(() => shop.remove())

interface Found {
  readonly about: string
  readonly verdict: string
  readonly what: string
  readonly hurts: string | null
  readonly fixes: readonly { readonly command: string; readonly asRoot: boolean }[]
}

function parse(stdout: string): Map<string, Found> {
  const found = stdout
    .split('\n')
    .filter(Boolean)
    .map((line): Found => JSON.parse(line))
  return new Map(found.map((one) => [one.about, one]))
}

/** No container is run where there is no engine on the PATH. */
const bare: Surroundings = { env: { PATH: '/nonexistent', DOCKER_HOST: undefined } }

describe('doctor', () => {
  const [first = 0, second = 0] = userPorts(process.getuid?.() ?? 0)
  /** What is said where no program is found, and another process holds the own port. */
  let lacking: Ended
  beforeAll(async () => {
    const holder = createServer().listen(first, '127.0.0.1')
    // Another test may hold it already: that is as well.
    await once(holder, 'listening').catch(() => undefined)
    lacking = shop.runIn(bare, 'doctor', '--json')
    holder.close()
  })

  it.skipIf(!requires('a container engine', hasEngine))(
    'runs a container, exceeds its limits, reaches a port of it, and leaves nothing of it',
    () => {
      const { status, stdout, stderr } = shop.run('doctor', '--json')
      const found = parse(stdout)
      expect(status, stdout + stderr).toBe(0)
      expect(found.get('container engine')).toMatchObject({
        verdict: 'fine',
        what: expect.stringContaining('a container was run'),
      })
      expect(found.get('container limits')?.what).toMatch(/were exceeded, and held|did not hold/)
      expect(found.get('container network')).toMatchObject({ verdict: 'fine' })
      for (const about of [
        'runtime',
        'cores',
        'memory',
        'processes',
        'open files',
        'disk space',
        'disk speed',
        'file system',
        'own port',
        'ssh server',
        'ssh client',
        'terminal',
        'pictures and fonts',
        'DuckDB',
        'Java and Spark',
      ])
        expect(found.get(about)?.what).toMatch(/\S/)
      const left = spawnSync('podman', ['ps', '--all', '--format', '{{.Names}}'], { encoding: 'utf8' }).stdout
      expect(left).not.toContain('doctor')
      // Podman's monitor notes there what the kernel ended for its memory.
      expect(readdirSync(shop.folder)).not.toContain('oom')
    },
  )

  it('says of what is lacking when it hurts, and prints the commands that mend it, those of root marked', () => {
    const found = parse(lacking.stdout)
    expect(lacking.status).toBe(0)
    expect(found.get('container engine')).toMatchObject({
      verdict: 'will-hurt',
      hurts: expect.stringContaining('--isolation container'),
      fixes: [{ asRoot: true, command: expect.stringMatching(/^apt-get install .*podman runc/) }],
    })
    expect(found.get('ssh client')).toMatchObject({
      verdict: 'will-hurt',
      hurts: expect.stringContaining('tallyman tunnel'),
    })
    const page = shop.runIn(bare, 'doctor').stdout
    expect(page).toMatch(/^fine {7}runtime +Node \d/m)
    expect(page).toMatch(
      /^will hurt {2}container engine +No container engine .*; hurts with --isolation container.*\n.*\n +# apt-get install/m,
    )
    const fixes = shop.runIn(bare, 'doctor', '--fix').stdout
    expect(fixes).toMatch(
      /^# ssh client: not installed; hurts with `tallyman tunnel`, typed here\napt-get install -y openssh-client {2}# as root$/m,
    )
    for (const line of fixes.split('\n').filter(Boolean))
      expect(line).toMatch(/^#|^(apt-get|systemctl|service|export|cd|ulimit) /)
  })

  it('ends with 1 where something is broken: runs cannot be written, no file may be opened', () => {
    const places = shop.runIn({ env: { ...bare.env, TALLYMAN_HOME: '/proc/nothing' } }, 'doctor', '--json')
    expect(places.status).toBe(1)
    expect(parse(places.stdout).get('disk speed')).toMatchObject({
      verdict: 'broken',
      what: expect.stringContaining('cannot be written'),
    })
    const files = shop.shell(
      `ulimit -n 100; PATH=/nonexistent "${process.execPath}" "${program}" doctor --json`,
    )
    expect(files.status).toBe(1)
    expect(parse(files.stdout).get('open files')).toMatchObject({
      verdict: 'broken',
      fixes: [{ command: 'ulimit -n "$(ulimit -Hn)"', asRoot: false }],
    })
  })

  it('says who holds the own port, and which one is taken then', () => {
    const own = parse(lacking.stdout).get('own port')
    expect(own).toMatchObject({
      verdict: 'will-hurt',
      what: expect.stringMatching(/taken by process \d+/),
      hurts: expect.stringContaining(String(second).slice(1)),
    })
  })

  it.skipIf(!(requires('a container engine', hasEngine) && requires('root, to make users', canMakeUsers)))(
    'tells an ordinary user without a range of ids what root has to do, and runs a container once it is done',
    () => {
      const user = new OrdinaryUser(`tallyman-doctor-${process.pid}`)
      try {
        const look = (...args: readonly string[]) => user.run(process.execPath, [program, 'doctor', ...args])
        for (const kind of ['uid', 'gid']) {
          const lines = readFileSync(`/etc/sub${kind}`, 'utf8').split('\n')
          for (const line of lines.filter((one) => one.startsWith(`${user.name}:`))) {
            const [, first, count] = line.split(':').map(Number)
            const range = `${first}-${Number(first) + Number(count) - 1}`
            expect(spawnSync('usermod', [`--del-sub${kind}s`, range, user.name]).status).toBe(0)
          }
        }
        const before = look('--json')
        expect(before.status, before.stdout).toBe(1)
        const engine = parse(before.stdout).get('container engine')
        expect(engine).toMatchObject({
          verdict: 'broken',
          what: expect.stringContaining('no range of other ids'),
        })
        expect(engine?.fixes.map(({ command }) => command).join('\n')).toMatch(
          /usermod --add-subuids .*\npodman system migrate/,
        )
        for (const { command } of engine?.fixes.filter(
          ({ asRoot, command }) => asRoot && command.startsWith('usermod'),
        ) ?? [])
          expect(spawnSync('sh', ['-c', command], { env: { ...process.env, USER: user.name } }).status).toBe(
            0,
          )
        user.run('podman', ['system', 'migrate'])
        const after = look('--json')
        expect(parse(after.stdout).get('container engine'), after.stdout).toMatchObject({
          verdict: 'fine',
          what: expect.stringContaining('rootless; a container was run'),
        })
      } finally {
        user.remove()
      }
    },
  )
})
