/** Runs on a cluster of two machines, as far as Spark can tell: the archive is shipped, executors and machines are lost. */
import { type ChildProcess, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, hasChromium, PageServer, seen, violationsOf } from '../fixtures/page-server.ts'
import { markedProcesses, markName, readProcess, type SeenProcess } from '../fixtures/process-tree.ts'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { makeShippedJobs, type ShippedJob } from '../fixtures/shipped-jobs.ts'
import { hasSpark, javaOptions, sparkEnv, sparkSubmitOf } from '../fixtures/spark.ts'
import { SparkCluster } from '../fixtures/spark-cluster.ts'
import { makeLightPack } from '../fixtures/spark-pack.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const misfortunes = fileURLToPath(new URL('../fixtures/jobs/misfortunes.job.ts', import.meta.url))
const wide = fileURLToPath(new URL('../fixtures/jobs/wide.job.ts', import.meta.url))
const mark = randomBytes(8).toString('hex')

let shop: Workshop
let cluster: SparkCluster
let server: PageServer
const isHere =
  requires('pyspark with Java', hasSpark) &&
  requires('Chromium', hasChromium) &&
  requires('the right to mount', canMount())
beforeAll(async () => {
  shop = new Workshop('#1 é 100% ')
  if (!isHere) return
  for (const name of ['unseen', 'notes']) mkdirSync(join(shop.folder, name))
  cluster = new SparkCluster(join(shop.folder, 'cluster'), mark, join(shop.folder, 'unseen'))
  server = new PageServer(shop)
  await Promise.all([cluster.start(), server.start(freePort())])
}, 300_000)
afterAll(async () => {
  await server?.close()
  await cluster?.stop()
  expect(markedProcesses(mark)).toEqual([])
  shop.remove()
})

/** In a namespace of its own, where nobody else sees it. */
function canMount(): boolean {
  return spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
}

/** Options for a cluster as small as this one. */
function onCluster(...conf: readonly string[]): string[] {
  const all = [
    'spark.executor.memory=512m',
    'spark.driver.host=127.0.0.1',
    `spark.executor.extraJavaOptions=${javaOptions}`,
    ...conf,
  ]
  return ['--on', cluster.master, ...all.flatMap((one) => ['--spark-conf', one])]
}

/** The same, and an archive of the job that is made here: what is shipped by default two of the shipped jobs have. */
async function lightlyOnCluster(job: string, ...conf: readonly string[]): Promise<string[]> {
  const pack = join(shop.folder, `${basename(job)}-${packs++}.tar.gz`)
  return [...onCluster(...conf), '--spark-pack', await makeLightPack(job, pack)]
}

let packs = 0

/** A command that is going on. */
interface Going {
  readonly child: ChildProcess
  /** So far. */
  readonly said: { readonly stdout: string; readonly stderr: string }
  readonly ended: Promise<Ended>
}

/** Begins a command with the mark that the cluster has, so that what it leaves on this machine is found as well. */
function start(...args: readonly string[]): Going {
  return startIn({}, ...args)
}

function startIn(env: Readonly<Record<string, string>>, ...args: readonly string[]): Going {
  const child = shop.startIn({ env: { ...sparkEnv, [markName]: mark, ...env } }, ...args)
  const said = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk) => (said.stdout += chunk))
  child.stderr?.on('data', (chunk) => (said.stderr += chunk))
  const ended = new Promise<Ended>((resolve) => child.once('close', (status) => resolve({ status, ...said })))
  return { child, said, ended }
}

/** What of an application is left on the cluster. */
async function leftOfApplications(): Promise<SeenProcess[]> {
  const own = new Set(cluster.daemons)
  // A daemon that gives up an executor while Java starts it keeps Java's helper for that, until it ends itself. And it takes its time to remove what an executor had.
  const isOfDaemon = ({ pid, parent, command }: SeenProcess): boolean =>
    own.has(pid) || (own.has(parent) && /jspawnhelper|^rm -rf /.test(command))
  const endMs = performance.now() + 60_000
  for (;;) {
    const left = markedProcesses(mark).filter((seen) => !isOfDaemon(seen))
    // Looked at once: what a daemon starts goes by the daemon's own name for a moment.
    if (left.length === 0 || performance.now() > endMs) return left
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** The sleeper that left this note, once there is one, and those that started it, up to Spark's daemon. */
async function ancestorsOfSleeper(note: string): Promise<SeenProcess[]> {
  const file = join(shop.folder, 'notes', note)
  await until(`the note ${note}`, () => existsSync(file), 200_000)
  const line: SeenProcess[] = []
  for (let pid = Number(readFileSync(file, 'utf8')); pid > 1; pid = line.at(-1)?.parent ?? 0) {
    const seen = readProcess(pid)
    if (seen === null) break
    line.push(seen)
    if (cluster.daemons.includes(pid)) break
  }
  return line
}

function pidOf(line: readonly SeenProcess[], what: RegExp): number {
  const found = line.find(({ command }) => what.test(command))
  if (found === undefined) throw new Error(`None is ${what}: ${JSON.stringify(line)}`)
  return found.pid
}

describe.skipIf(!isHere)('run --on spark://…', { timeout: 900_000 }, () => {
  it('gives every shipped job the digest and the bytes it has here', async () => {
    const isAsHere = async ({ name, job, words }: ShippedJob, ...more: readonly string[]): Promise<void> => {
      // Executors may see the inputs, and nothing of the run's directory.
      const home = name === 'wordcount' ? { TALLYMAN_HOME: join(shop.folder, 'unseen', 'home') } : {}
      const how = name === 'logs' ? await lightlyOnCluster(job) : onCluster()
      const going = startIn(home, 'run', job, ...words, '-o', `${name}-spark`, ...more, ...how)
      const here = ['-o', `${name}-local`, '--no-reuse', '--impolite']
      const local = await start('run', job, ...words, ...here).ended
      const ended = await going.ended
      expect(ended, ended.stderr).toMatchObject({ status: 0 })
      expect(shop.digestOf(ended)).toBe(shop.digestOf(local))
      expect(shop.run('diff', `${name}-local`, `${name}-spark`).status).toBe(0)
    }
    // A month of tweets has many tasks, and each costs more here: it is run on local[2] (local.test.ts).
    const [tweets, ...others] = makeShippedJobs(shop, 3)
    await isAsHere(tweets!)
    // The archive's first part is kept, and another home would make the same.
    const [kept, other] = ['home/spark', 'unseen/home/spark'].map((name) => join(shop.folder, name))
    const engines = readdirSync(kept!).filter((name) => name.startsWith('engine-'))
    expect(engines).toHaveLength(1)
    mkdirSync(other!, { recursive: true })
    for (const name of engines) linkSync(join(kept!, name), join(other!, name))
    // Side by side, a machine each.
    await Promise.all(others.map((one) => isAsHere(one, '--workers', '1')))
    expect(await leftOfApplications()).toEqual([])
  })

  // That `resume` ends with the bytes of a run here is seen in local mode (killed.test.ts).
  it('ends on the cluster when the command is killed, and when that is resumed, at Ctrl-C', async () => {
    for (const [at, line] of ['a', 'map once sleeps at length', 'reduce sleeps at length', 'b'].entries())
      shop.write(`ended/${at}.txt`, `${line}\n`)
    const notes = ['-p', `notes=${join(shop.folder, 'notes')}`]
    const how = ['--split', '1K', '--no-speculation', '--workers', '1', ...notes]
    how.push(...(await lightlyOnCluster(misfortunes)))

    const first = start('run', misfortunes, 'ended', ...how)
    await ancestorsOfSleeper('map-sleeps-at-length')
    first.child.kill('SIGKILL')
    await first.ended
    expect(await leftOfApplications()).toEqual([])

    const second = start('resume', 'last')
    await ancestorsOfSleeper('reduce-sleeps-at-length')
    second.child.kill('SIGINT')
    const interrupted = { status: 130, stderr: expect.stringContaining('tallyman resume') }
    expect(await second.ended).toMatchObject(interrupted)
    expect(await leftOfApplications()).toEqual([])
  })

  it('says so where the cluster has no executor for it and waits, and beside it names the host of an executor that does not see an input', async () => {
    shop.write('waits.txt', 'a\n')
    shop.write('unseen/a.txt', 'a\n')
    const job = shop.job('lines.job.ts', 'emit(line)')
    const how = await lightlyOnCluster(join(shop.folder, job))
    const waiting = start('run', job, 'waits.txt', ...how, '--spark-conf', 'spark.executor.memory=8g')
    const ended = await start('run', job, 'unseen/a.txt', '--attempts', '1', '--workers', '1', ...how).ended
    expect(ended.status).toBe(1)
    expect(ended.stderr).toMatch(/On host \S+: .*unseen\/a\.txt/)
    expect(ended.stderr).toContain('Put the inputs where every executor sees them')
    const noExecutor = 'Spark has no executor for this run yet'
    await until('a word', () => waiting.said.stderr.includes(noExecutor), 100_000)
    waiting.child.kill('SIGINT')
    expect((await waiting.ended).status).toBe(130)
    expect(await leftOfApplications()).toEqual([])
  })

  it('goes on when an executor alone is killed, and brings a result here that the driver could not hold', async () => {
    // Ten megabytes a line. What is the same after a few bytes already takes Spark's compression several times as long.
    const line = (file: number, at: number): string => `${file} of ${at} ${'abcdefghij'.repeat(6)}\n`
    for (const file of [0, 2])
      shop.write(`wide/${file}.txt`, Array.from({ length: 7 }, (_, at) => line(file, at)).join(''))
    shop.write('wide/1.txt', 'sleep\n')
    const note = join(shop.folder, 'notes', 'wide-sleeps')
    shop.write('no-trouble/wide-sleeps', '')
    const own = `note=${join(shop.folder, 'no-trouble/wide-sleeps')}`
    const local = shop.run('run', wide, 'wide', '-p', own, '-w', '1', '--impolite')
    // One executor after another: what the first has mapped is lost with it.
    const little = ['--split', '150', '--no-speculation', '--workers', '1']
    const running = start(
      ...['run', wide, 'wide', '-p', `note=${note}`, '-o', 'wide-out', ...little],
      ...(await lightlyOnCluster(
        wide,
        'spark.tallyman.throughDriver=true',
        // The least that it starts with.
        'spark.driver.memory=128m',
        'spark.testing.reservedMemory=8388608',
      )),
    )
    const sleeping = await ancestorsOfSleeper('wide-sleeps')
    process.kill(pidOf(sleeping, /CoarseGrainedExecutorBackend/), 'SIGKILL')
    const ended = await running.ended
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(ended)).toBe(shop.digestOf(local))
    expect(statSync(join(shop.folder, 'wide-out', 'result.jsonl')).size).toBeGreaterThan(128 * 2 ** 20)
    const events = shop.journal()
    expect(events).toContainEqual(expect.objectContaining({ type: 'executor-lost' }))
    expect(events).toContainEqual(expect.objectContaining({ type: 'output-lost' }))
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'attempt-failed',
        fault: expect.objectContaining({ code: 'worker-died' }),
      }),
    )
    expect(await leftOfApplications()).toEqual([])
  })

  it('fails when its spark-submit is killed, and resumed begins a straggler a second time and goes on through the death of a daemon that works, with part files through the driver, and the page shows it', async () => {
    for (let file = 0; file < 6; file++)
      shop.write(`in/${file}.txt`, `a ${file}\nb ${file}\nreduce ${file}\n`)
    shop.write('in/7.txt', 'map once sleeps\n')
    shop.write('in/8.txt', 'map once sleeps again\nreduce sleeps\n')
    for (const note of ['map-sleeps', 'reduce-sleeps']) shop.write(`no-trouble/${note}`, '')
    const notes = (folder: string): string => `notes=${join(shop.folder, folder)}`
    const local = shop.run('run', misfortunes, 'in', '-p', notes('no-trouble'), '-w', '1', '--impolite')
    const first = start(
      ...['run', misfortunes, 'in', '--split', '1K', '-p', notes('notes'), '-o', 'lost', '--attempts', '5'],
      ...(await lightlyOnCluster(
        misfortunes,
        'spark.tallyman.throughDriver=true',
        'spark.speculation.interval=200ms',
        'spark.speculation.quantile=0.5',
        'spark.shuffle.io.maxRetries=1',
        'spark.shuffle.io.retryWait=1s',
      )),
    )
    await ancestorsOfSleeper('map-sleeps')
    process.kill(sparkSubmitOf(mark), 'SIGKILL')
    const killed = { status: 1, stderr: expect.stringContaining('Spark was killed by SIGKILL') }
    expect(await first.ended).toMatchObject(killed)
    expect(await leftOfApplications()).toEqual([])

    for (const note of ['map-sleeps', 'map-sleeps-again'])
      rmSync(join(shop.folder, 'notes', note), { force: true })
    const running = start('resume', 'last')
    // One sleeps in the map stage. It is not waited for: another attempt beside it is first.
    await ancestorsOfSleeper('map-sleeps')
    const page = await server.open(`/runs/${basename(shop.runs().at(-1) ?? '')}`)
    const spark = page.locator('section', { hasText: 'On Spark' })
    await spark
      .getByRole('row', { name: /127\.0\.0\.[23] 1 \d+ there/ })
      .nth(1)
      .waitFor()
    // The machine that reduces is lost, with the blocks that it held: its executor ends when that finds that its daemon has.
    const reducing = await ancestorsOfSleeper('reduce-sleeps')
    const machine = reducing.at(-1)?.pid ?? 0
    expect(cluster.daemons).toContain(machine)
    process.kill(machine, 'SIGKILL')
    const ended = await running.ended
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(ended)).toBe(shop.digestOf(local))
    const whole = shop.journal()
    const events = whole.slice(whole.findIndex(({ type }) => type === 'resumed'))
    const beside = events.filter((event) => event.type === 'attempt-started' && event.beside !== undefined)
    expect(beside.length).toBeGreaterThan(0)
    // What is done counts while another one sleeps: it is told before anything is begun beside that.
    const firstBeside = events.findIndex(
      (event) => event.type === 'attempt-started' && event.beside !== undefined,
    )
    expect(
      events.slice(0, firstBeside).filter(({ type }) => type === 'map-committed').length,
    ).toBeGreaterThan(3)
    // What it had mapped was mapped again.
    expect(events.filter(({ type }) => type === 'output-lost').length).toBeGreaterThan(0)
    expect(events.filter(({ type }) => type === 'map-stage-ended').length).toBeGreaterThan(1)
    expect(await leftOfApplications()).toEqual([])

    await page.getByRole('heading', { name: /^Result/ }).waitFor()
    // For docs/pictures, where somebody asks for it.
    const picture = process.env.TALLYMAN_PICTURE
    if (picture !== undefined) await spark.screenshot({ path: picture })
    const shown = await seen(spark)
    expect(shown).toMatch(/executors\s+1 with 1 core, 1 lost/)
    expect(shown).toMatch(/speculative attempts\s+[1-9]\d*, [1-9]\d* of them first/)
    expect(shown).toMatch(/shuffle\s+[1-9][\d.]* k?B written, [1-9][\d.]* k?B read/)
    expect(await spark.getByRole('row', { name: /lost/ }).count()).toBe(1)
    expect(await violationsOf(page)).toEqual([])
    const known = JSON.parse(shop.run('show', 'last', '--json').stdout)
    expect(known.spark.executors).toHaveLength(2)
    expect(shop.run('show', 'last').stdout).toMatch(/2 executors came, 1 lost; .* speculative attempt/)
  })
})
