/** What a job in a container cannot do, what it leaves, and what is said of it: the whole program, with the engine of this user. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCommand, engineHere, hasEngine } from '../fixtures/engine.ts'
import { Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const hasPipes = spawnSync('mkfifo', ['--help']).status === 0
const inContainers = ['--isolation', 'container', '--no-reuse', '-w', '1', '--memory', '400M']

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  shop.write('in.txt', 'one\nbad\nthree\n')
  shop.write('beside.txt', 'nobody reads this\n')
  for (const name of ['a', 'b: c', 'd,e']) shop.write(`in/${name}.txt`, `${name}\nlast\n`)
})
afterAll(() => shop.remove())

/** Reasons of the records that a run of this map rejected: it takes one. */
function rejectedBy(map: string, imports = '', input = 'in.txt'): string {
  const job = shop.job('bad.job.ts', `if (line === 'bad') { ${map} } emit(line)`, imports)
  const ended = shop.run('run', job, input, '--max-bad', '1', ...inContainers)
  expect(ended, ended.stderr).toMatchObject({ status: 0 })
  return JSON.parse(readFileSync(join(shop.runs().at(-1) ?? '', 'rejected.jsonl'), 'utf8')).reason
}

/** Those that see something of this shop: other tests of this user have theirs at the same time. */
function containersLeft(): string[] {
  const options = ['--filter', 'label=tallyman.run', '--format', '{{.Names}} {{.Mounts}}']
  const [program, args] = engineCommand('ps', '--all', '--no-trunc', ...options)
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return stdout.split('\n').filter((line) => line.includes(shop.folder))
}

describe.skipIf(!requires('a container engine', hasEngine))('a job in a container', () => {
  it('gives the digest that it gives in a process and in a thread, over files of any name', () => {
    const job = shop.job('words.job.ts', 'emit(line + new Date(0).getHours())')
    const digests = ['process', 'thread', 'container'].map((isolation) =>
      shop.digestOf(
        shop.run(
          'run',
          job,
          'in',
          'in.txt',
          '--isolation',
          isolation,
          '--no-reuse',
          '-w',
          '2',
          '--split',
          '4',
        ),
      ),
    )
    expect(new Set(digests).size).toBe(1)
    expect(containersLeft()).toEqual([])
    const manifest = JSON.parse(
      readFileSync(join(shop.runs().at(-1) ?? '', 'result', 'manifest.json'), 'utf8'),
    )
    expect(manifest.run).toMatchObject({
      isolation: 'container',
      confinement: { engine: engineHere?.kind, cpus: 2 },
    })
  })

  it.each(['in.txt', 'in/"x",\ny.txt'])(
    'that reads outside of its inputs has the record rejected with that reason, whatever they are called: %j',
    (input) => {
      shop.write(input, 'one\nbad\nthree\n')
      const file = join(shop.folder, dirname(input), 'beside.txt')
      shop.write(join(dirname(input), 'beside.txt'), 'nobody reads this\n')
      const reason = rejectedBy(
        `readFileSync(${JSON.stringify(file)})`,
        "import { readFileSync } from 'node:fs'",
        input,
      )
      expect(reason).toMatch(/ENOENT.*beside\.txt.*sees its inputs and nothing else/)
    },
  )

  it('that writes over its inputs does not', () => {
    const file = join(shop.folder, 'in.txt')
    const reason = rejectedBy(
      `writeFileSync(${JSON.stringify(file)}, '')`,
      "import { writeFileSync } from 'node:fs'",
    )
    expect(reason).toMatch(/EROFS.*writes nothing but its own output/)
    expect(readFileSync(file, 'utf8')).toBe('one\nbad\nthree\n')
  })

  it.each([
    ['an address', "return new Promise((_, no) => connect(80, '192.0.2.1').on('error', no)) as never"],
    ['a name', "return fetch('http://example.org/').then(() => undefined)"],
    ['this machine', "return new Promise((_, no) => connect(22, '127.0.0.1').on('error', no)) as never"],
  ])('that opens a socket to %s has the record rejected with that reason', (_what, code) => {
    expect(rejectedBy(code, "import { connect } from 'node:net'")).toContain('has no network')
  })

  it('that opens one and does not wait loses its attempt, and is told why', () => {
    const job = shop.job(
      'dials.job.ts',
      "connect(80, '192.0.2.1'); return new Promise(() => {}) as never",
      "import { connect } from 'node:net'",
    )
    const ended = shop.run('run', job, 'in.txt', '--attempts', '1', ...inContainers)
    expect(ended).toMatchObject({ status: 1, stderr: expect.stringContaining('has no network') })
  })

  it('sees no process of this machine, no other user, and is root of nothing', () => {
    const job = shop.job(
      'looks.job.ts',
      "emit(readdirSync('/proc').filter((n) => Number(n) > 0).length < 6 && /CapEff:\\t0+$/m.test(readFileSync('/proc/self/status', 'utf8')) ? 'alone' : 'not alone')",
      "import { readdirSync, readFileSync } from 'node:fs'",
    )
    expect(shop.run('run', job, 'in.txt', ...inContainers).stdout).toContain('alone  3')
  })

  it('starts where runs live elsewhere, and nothing of its directory is there but the inputs', () => {
    shop.write(
      'away/w.job.ts',
      "import { count, defineJob, text } from 'tallyman'\nexport default defineJob({ input: text(), reduce: count<string>(), map(line, emit) { emit(line) } })\n",
    )
    const where = { cwd: 'away', env: { TALLYMAN_HOME: join(shop.folder, 'elsewhere') } }
    const ended = shop.runIn(where, 'run', 'w.job.ts', '../in.txt', ...inContainers)
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
  })

  it('writes files that belong to who started it', () => {
    const ended = shop.run(
      'run',
      shop.job('words.job.ts', 'emit(line)'),
      'in.txt',
      '-o',
      'own',
      ...inContainers,
    )
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(statSync(join(shop.folder, 'own', 'result.jsonl')).uid).toBe(process.getuid?.())
  })

  it('is told on, before it runs and while: what it is held to, and by what', () => {
    const ended = shop.run(
      'run',
      shop.job('words.job.ts', 'emit(line)'),
      'in.txt',
      '--dry-run',
      ...inContainers,
    )
    expect(ended.stdout).toMatch(
      /^Each container of .*(podman|docker) [\d.]+\S* is held to \d+ MB of memory by /m,
    )
    expect(ended.stdout).toContain('worker container')
    const other = shop.run('run', 'words.job.ts', 'in.txt', '--image', 'x')
    expect(other).toMatchObject({ status: 2, stderr: expect.stringContaining('--isolation container') })
    const absent = shop.run(
      'run',
      'words.job.ts',
      'in.txt',
      '--image',
      'localhost/no-such-image',
      ...inContainers,
    )
    expect(absent).toMatchObject({ status: 1, stderr: expect.stringContaining(`${engineHere?.kind} pull`) })
  })

  it.skipIf(!requires('mkfifo', hasPipes))(
    'that leaves a link where it is looked for how it ended does not have it followed out of its container',
    () => {
      // Outside it is a pipe that nobody ever writes to; inside there is nothing.
      const pipe = join(shop.folder, 'pipe')
      expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
      const job = shop.job(
        'link.job.ts',
        `symlinkSync(${JSON.stringify(pipe)}, '/run/tallyman/ended'); process.exit(0)`,
        "import { symlinkSync } from 'node:fs'",
      )
      const ended = shop.run('run', job, 'in.txt', ...inContainers)
      expect(ended, ended.stderr).toMatchObject({ status: 1, stderr: expect.stringContaining('SIGKILL') })
    },
  )

  it('that takes more memory than its container may is ended by the kernel, and its record rejected', () => {
    const reason = rejectedBy('for (;;) held.push(Buffer.alloc(8e6, 1))', 'const held: Buffer[] = []')
    expect(reason).toMatch(/of the \d+ MiB it may|held more memory than they may/)
    expect(readdirSync(shop.folder)).not.toContain('oom')
  })
})

describe.skipIf(!requires('a container engine', hasEngine))('a run in containers that is killed', () => {
  it('leaves none, and resume finishes it with the digest of a process', async () => {
    const job = shop.job(
      'slow.job.ts',
      'return new Promise((ok) => setTimeout(ok, 200)).then(() => emit(line))',
    )
    shop.write('many.txt', Array.from({ length: 40 }, (_, line) => `${line}\n`).join(''))
    const digest = shop.digestOf(shop.run('run', job, 'many.txt', '--no-reuse', '-w', '4', '--split', '8'))
    const before = shop.runs().length
    const child = shop.start('run', job, 'many.txt', '--split', '16', ...inContainers)
    await until('a map task to be done', () => shop.runs().length > before && isDone('map-committed'))
    expect(containersLeft()).not.toEqual([])
    child.kill('SIGKILL')
    await until('its containers to end', () => containersLeft().length === 0)
    const note = join(shop.runs().at(-1) ?? '', 'containers.json')
    expect(existsSync(note)).toBe(true)
    const resumed = shop.run('resume', 'last')
    expect(shop.digestOf(resumed)).toBe(digest)
    expect(existsSync(note)).toBe(false)
  })

  it.each([
    'found by its label',
    ...(engineHere?.kind === 'podman' ? ['taken for alive by an engine that has not seen its end'] : []),
  ])('has what is left of it removed by the next command: %s', (how) => {
    // Of the image and of a run, where no other test has made them.
    if (shop.runs().length === 0)
      shop.run('run', shop.job('lines.job.ts', 'emit(line)'), 'in.txt', ...inContainers)
    const folder = join(shop.runs().at(-1) ?? '')
    const label = 'feedfacefeedface'
    const listing = engineCommand('image', 'ls', '--quiet', '--filter', 'reference=localhost/tallyman-worker')
    const [image = ''] = spawnSync(...listing, { encoding: 'utf8' }).stdout.split('\n')
    const options = ['--network', 'none', '--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=100:100']
    const mount = `type=bind,source=${shop.folder},target=${shop.folder}`
    const started = engineCommand(
      ...['run', '--detach', '--label', `tallyman.run=${label}`, '--mount', mount],
      ...[...options, image, '/bin/sleep', '1000'],
    )
    const left = spawnSync(...started, { encoding: 'utf8' })
    expect(left, left.stderr).toMatchObject({ status: 0 })
    expect(containersLeft()).toHaveLength(1)
    shop.write(
      `home/runs/${folder.split('/').at(-1)}/containers.json`,
      `${JSON.stringify({ engine: engineHere?.kind, label })}\n`,
    )
    if (how.startsWith('taken')) {
      // Its monitor first: nobody is left then to tell of its end.
      const ids = engineCommand(
        'inspect',
        '--format',
        '{{.State.ConmonPid}} {{.State.Pid}}',
        left.stdout.trim(),
      )
      for (const pid of spawnSync(...ids, { encoding: 'utf8' })
        .stdout.trim()
        .split(' '))
        process.kill(Number(pid), 'SIGKILL')
    }
    expect(shop.run('runs')).toMatchObject({ status: 0 })
    expect(containersLeft()).toEqual([])
    expect(existsSync(join(folder, 'containers.json'))).toBe(false)
  })

  function isDone(type: string): boolean {
    try {
      return shop.events().some((event) => event.type === type)
    } catch {
      // The run has no directory yet, or its journal has not begun.
      return false
    }
  }
})

describe.skipIf(!requires('a container engine', hasEngine))('chaos in containers', () => {
  it('comes to the same digest, and leaves no container', async () => {
    shop.job('words.job.ts', 'for (const word of line.split(" ")) emit(word)')
    shop.write(
      'large/a.txt',
      Array.from({ length: 20_000 }, (_, line) => `word${(line * 31) % 997}\n`).join(''),
    )
    const ended = shop.run(
      'chaos',
      'words.job.ts',
      'large',
      '--isolation',
      'container',
      '--rounds',
      '2',
      // Of the first moments of its rounds none is near the end of the undisturbed run, which a disturbed one may reach sooner.
      '--seed',
      '20',
    )
    expect(ended, ended.stdout + ended.stderr).toMatchObject({ status: 0 })
    expect(ended.stdout).toMatch(/killed|stopped|sent/)
    // One whose run was killed as it was made finds nobody to work for, and ends.
    await until('its containers to end', () => containersLeft().length === 0)
  })
})
