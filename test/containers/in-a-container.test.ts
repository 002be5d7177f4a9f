/** What a job in a container cannot do, what it leaves, and what is said of it: the whole program, with the engine of this user. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCommand, engineHere, hasEngine } from '../fixtures/engine.ts'
import { once } from '../fixtures/once.ts'
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

/** Inputs of any name. Beside each lies a file that is none. */
const tries = ['tries.txt', 'in/"x",\ny.txt']

/** What a job may not do, each for a record that says so. */
function forbidden(): [record: string, code: string][] {
  const beside = tries.map((input) => join(shop.folder, dirname(input), 'beside.txt'))
  return [
    ...beside.map((file, at): [string, string] => [`reads ${at}`, `readFileSync(${JSON.stringify(file)})`]),
    ['writes', `writeFileSync(${JSON.stringify(join(shop.folder, 'tries.txt'))}, '')`],
    ['dials an address', "return new Promise((_, no) => connect(80, '192.0.2.1').on('error', no))"],
    ['dials a name', "return fetch('http://example.org/').then(() => undefined)"],
    ['dials this machine', "return new Promise((_, no) => connect(22, '127.0.0.1').on('error', no))"],
  ]
}

/** One run in which all of it is tried: the reason why each record was rejected, and what an input was and is. */
const tried = once(() => {
  const all = forbidden()
  const records = ['one', ...all.map(([record]) => record).filter((record) => record !== 'reads 1'), 'three']
  const before = records.map((record) => `${record}\n`).join('')
  shop.write('tries.txt', before)
  shop.write(tries[1] ?? '', 'one\nreads 1\nthree\n')
  shop.write('in/beside.txt', 'nobody reads this\n')
  const job = shop.job(
    'tries.job.ts',
    `${all.map(([record, code]) => `if (line === '${record}') { ${code} }`).join('\n')}\nemit(line)`,
    "import { readFileSync, writeFileSync } from 'node:fs'\nimport { connect } from 'node:net'",
  )
  const ended = shop.run('run', job, ...tries, '--max-bad', String(all.length), ...inContainers)
  expect(ended, ended.stderr).toMatchObject({ status: 0 })
  const reasons = rejectedOfLast().map(({ excerpt, reason }): [string, string] => [excerpt, reason])
  return { reasons: new Map(reasons), before, after: readFileSync(join(shop.folder, 'tries.txt'), 'utf8') }
})

function rejectedOfLast(): { readonly excerpt: string; readonly reason: string }[] {
  const text = readFileSync(join(shop.runs().at(-1) ?? '', 'rejected.jsonl'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** One run whose runs live elsewhere, in a directory without its input: what is seen from in there, and what it writes. */
const away = once(() => {
  const looks =
    "emit(readdirSync('/proc').filter((n) => Number(n) > 0).length < 6 && /CapEff:\\t0+$/m.test(readFileSync('/proc/self/status', 'utf8')) ? 'alone' : 'not alone')"
  shop.job(
    'away/looks.job.ts',
    `${looks}; emit(readdirSync('.').length === 0 ? 'in no folder' : 'in a folder')`,
    "import { readdirSync, readFileSync } from 'node:fs'",
  )
  const where = { cwd: 'away', env: { TALLYMAN_HOME: join(shop.folder, 'elsewhere') } }
  return shop.runIn(where, 'run', 'looks.job.ts', '../in.txt', '-o', '../own', ...inContainers)
})

/** Those that see something of this shop: other tests of this user have theirs at the same time. */
function containersLeft(): string[] {
  const options = ['--filter', 'label=tallyman.run', '--format', '{{.Names}} {{.Status}} {{.Mounts}}']
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
          isolation === 'container' ? '2' : '1',
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

  it.each(tries)(
    'that reads outside of its inputs has the record rejected with that reason, whatever they are called: %j',
    (input) => {
      const reason = tried().reasons.get(`reads ${tries.indexOf(input)}`)
      expect(reason).toMatch(/ENOENT.*beside\.txt.*sees its inputs and nothing else/)
    },
  )

  it('that writes over its inputs does not', () => {
    const { reasons, before, after } = tried()
    expect(reasons.get('writes')).toMatch(/EROFS.*writes nothing but its own output/)
    expect(after).toBe(before)
  })

  it.each(['an address', 'a name', 'this machine'])(
    'that opens a socket to %s has the record rejected with that reason',
    (what) => {
      expect(tried().reasons.get(`dials ${what}`)).toContain('has no network')
    },
  )

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
    expect(away().stdout).toMatch(/^ *alone +3$/m)
  })

  it('starts where runs live elsewhere, and nothing of its directory is there but the inputs', () => {
    const ended = away()
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(ended.stdout).toMatch(/^ *in no folder +3$/m)
  })

  it('writes files that belong to who started it', () => {
    const ended = away()
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
    const hoards = "if (line === 'bad') { for (;;) held.push(Buffer.alloc(8e6, 1)) } emit(line)"
    const job = shop.job('hoards.job.ts', hoards, 'const held: Buffer[] = []')
    const ended = shop.run('run', job, 'in.txt', '--max-bad', '1', ...inContainers)
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    const [{ reason } = { reason: '' }] = rejectedOfLast()
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
    shop.write('many.txt', Array.from({ length: 20 }, (_, line) => `${line}\n`).join(''))
    const digest = shop.digestOf(shop.run('run', job, 'many.txt', '--no-reuse', '-w', '2', '--split', '16'))
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
    shop.run('run', shop.job('lines.job.ts', 'emit(line)'), 'in.txt', ...inContainers)
    const folder = shop.runs().at(-1) ?? ''
    const { image } = JSON.parse(readFileSync(join(folder, 'result', 'manifest.json'), 'utf8')).run
      .confinement
    const label = 'feedfacefeedface'
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
      const pids = spawnSync(...ids, { encoding: 'utf8' })
        .stdout.trim()
        .split(' ')
        .map(Number)
      // Nought would be all that this process belongs to.
      expect(Math.min(...pids)).toBeGreaterThan(1)
      for (const pid of pids) process.kill(pid, 'SIGKILL')
    }
    expect(shop.run('runs')).toMatchObject({ status: 0 })
    expect(containersLeft()).toEqual([])
    expect(existsSync(join(folder, 'containers.json'))).toBe(false)
  })

  it('has one removed that is made while the next command has just seen none, and that nobody starts any more', () => {
    const job = shop.job('late.job.ts', 'emit(line)')
    const env = { PATH: `${writeLateEngine()}${delimiter}${process.env.PATH}` }
    const killed = shop.runIn({ env }, 'run', job, 'in.txt', ...inContainers)
    expect(killed.status).toBeNull()
    const note = join(shop.runs().at(-1) ?? '', 'containers.json')
    expect(existsSync(note)).toBe(true)
    expect(shop.runIn({ env }, 'runs')).toMatchObject({ status: 0, stderr: '' })
    expect(containersLeft()).toEqual([])
    expect(existsSync(note)).toBe(false)
  })

  /**
   * An engine whose client kills whoever asks it to start a container, makes one only once the next has asked what there is, and is killed then.
   * Returns its folder.
   */
  function writeLateEngine(): string {
    const [engine = ''] = engineCommand()
    const found = spawnSync('sh', ['-c', `command -v ${engine}`], { encoding: 'utf8' }).stdout.trim()
    const [client, go] = ['client', 'go'].map((name) => join(shop.folder, 'late', name))
    const file = shop.write(
      `late/${engine}`,
      `#!/bin/sh
isThere() { tr '\\0' x <"/proc/$1/cmdline" | grep -q x; } 2>/dev/null
case " $* " in
*' run '*)
  echo $$ >${client}
  kill -KILL $PPID
  while [ ! -e ${go} ]; do sleep 0.05; done
  for word do
    shift
    case $word in run) word=create ;; --detach) continue ;; esac
    set -- "$@" "$word"
  done
  ${found} "$@"
  kill -KILL $$ ;;
*' ps '*)
  listed=$(${found} "$@")
  touch ${go}
  while isThere "$(cat ${client})"; do sleep 0.05; done
  echo "$listed" ;;
*) exec ${found} "$@" ;;
esac
`,
    )
    chmodSync(file, 0o755)
    return dirname(file)
  }

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
    await until(
      () => `its containers to end: ${containersLeft().join('; ')}`,
      () => containersLeft().length === 0,
    )
  })
})
