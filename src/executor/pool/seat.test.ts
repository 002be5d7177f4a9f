import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import type { Attempt } from '../attempt.ts'
import type { Exit, Link, LinkFactory } from '../link.ts'
import type { ToWorker } from '../messages.ts'
import { Pool } from './pool.ts'
import type { AttemptOutcome } from './seat.ts'

/** A worker that says whatever a test has it say: a real one runs code that is not ours, and may. */
class Puppet implements Link {
  readonly told: ToWorker[] = []
  readonly exited: Promise<Exit>
  readonly process = null
  readonly say: (message: unknown) => void
  readonly #answer: (message: ToWorker, self: Puppet) => void
  #end: (exit: Exit) => void = () => undefined

  constructor(say: (message: unknown) => void, answer: Puppet['answer']) {
    this.say = say
    this.#answer = answer
    this.exited = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  get answer(): (message: ToWorker, self: Puppet) => void {
    return this.#answer
  }

  send(message: ToWorker): void {
    this.told.push(message)
    queueMicrotask(() => this.#answer(message, this))
  }

  logOf(): null {
    return null
  }

  kill(): void {
    this.end({ how: 'was killed by SIGKILL', code: 'killed', lastWords: '' })
  }

  end(exit: Exit): void {
    this.#end(exit)
  }
}

const loaded = { type: 'loaded', job: { description: {}, params: {}, encodedParams: null } }
const report = { kind: 'reduce', report: { parts: [], records: 0 } }
const attempt: Attempt = {
  id: 'reduce-00000.1',
  directory: 'attempts/reduce-00000.1',
  work: { kind: 'reduce', spills: [], recordsExpected: 0 },
}

/** A pool of one seat, whose workers answer so to what they are told. */
function poolOf(answer: Puppet['answer'], open?: () => never): { pool: Pool; puppets: Puppet[] } {
  const puppets: Puppet[] = []
  const factory: LinkFactory = {
    sharesProcess: false,
    confinement: null,
    admit: () => false,
    open: (_order, onMessage) => {
      open?.()
      const puppet = new Puppet(onMessage, answer)
      puppets.push(puppet)
      return puppet
    },
    close: async () => {
      for (const puppet of puppets) puppet.kill()
    },
  }
  const folder = tempFolder()
  onTestFinished(folder.remove)
  const pool = new Pool(
    factory,
    {
      seats: 1,
      order: { bundleFile: '/j/a.mjs', jobName: 'a.job.ts', runDirectory: folder.path, params: {} },
      heapBytes: 1,
      taskTimeoutMs: 60_000,
      loadTimeoutMs: 60_000,
      limits: { memoryBytes: 2 ** 40, processesMax: 64 },
      logDirectory: folder.path,
    },
    null,
  )
  return { pool, puppets }
}

/** How the attempt ends with a worker that loads its job, and answers so when it is told to run it. */
async function runWith(answer: (self: Puppet) => void): Promise<AttemptOutcome> {
  const { pool } = poolOf((message, self) => (message.type === 'load' ? self.say(loaded) : answer(self)))
  const outcome = await pool.run(attempt, () => undefined).outcome
  await pool.stop()
  return outcome
}

const unbelieved = (said: string) => ({
  kind: 'failed',
  fault: { code: 'protocol-broken', message: expect.stringContaining(said) },
})

describe('Pool', () => {
  it('believes what a worker reports of its time only where it is one', async () => {
    for (const workMs of [-1, Number.NaN, Number.MAX_VALUE, '7'])
      expect(await runWith((self) => self.say({ type: 'done', id: attempt.id, report, workMs }))).toEqual({
        kind: 'done',
        report,
      })
    expect(await runWith((self) => self.say({ type: 'done', id: attempt.id, report, workMs: 7.4 }))).toEqual({
      kind: 'done',
      report,
      workMs: 7,
    })
  })

  it('ends a worker that says what is in no protocol, or of another attempt, or out of turn', async () => {
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)
    expect(await runWith((self) => self.say(deep))).toEqual(
      unbelieved('The worker said something unknown: [ [ ['),
    )
    expect(await runWith((self) => self.say({ type: 'done', id: 'map-00000.1', report }))).toEqual(
      unbelieved("id: 'map-00000.1'"),
    )
    expect(await runWith((self) => self.say(loaded))).toEqual(
      unbelieved('The worker said "loaded" out of turn.'),
    )
    const { pool } = poolOf((_, self) => self.say({ type: 'done', id: attempt.id, report }))
    expect(await pool.run(attempt, () => undefined).outcome).toEqual(
      unbelieved('The worker said "done" out of turn.'),
    )
    await pool.stop()
  })

  it('takes a job that failed outside of its attempt for the reason', async () => {
    const fault = { code: 'job-threw', message: 'It was not awaited.' }
    expect(await runWith((self) => self.say({ type: 'broken', fault }))).toEqual({ kind: 'failed', fault })
  })

  it('does not hear what comes of a worker that is gone', async () => {
    const { pool, puppets } = poolOf((message, self) => {
      if (message.type === 'load') self.say(loaded)
      else if (puppets.length === 1)
        self.end({ how: 'crashed with SIGSEGV', code: 'worker-died', lastWords: '' })
    })
    expect(await pool.run(attempt, () => undefined).outcome).toMatchObject({
      kind: 'failed',
      fault: { code: 'worker-died' },
    })
    const again = pool.run(attempt, () => undefined).outcome
    await sleep(10)
    puppets[0]?.say({ type: 'done', id: attempt.id, report })
    puppets[1]?.say({ type: 'done', id: attempt.id, report, workMs: 1 })
    expect(await again).toEqual({ kind: 'done', report, workMs: 1 })
    await pool.stop()
  })

  it('fails an attempt for which no worker can be opened, and one that it is stopped in', async () => {
    const { pool } = poolOf(
      () => undefined,
      () => {
        throw Object.assign(new Error('spawn EAGAIN'), { code: 'EAGAIN', syscall: 'spawn node' })
      },
    )
    expect(await pool.run(attempt, () => undefined).outcome).toMatchObject({
      kind: 'failed',
      fault: { message: 'spawn EAGAIN' },
    })
    await pool.stop()
    const stopped = poolOf((message, self) => {
      if (message.type === 'run') void stopped.pool.stop()
      else self.say(loaded)
    })
    expect(await stopped.pool.run(attempt, () => undefined).outcome).toMatchObject({
      kind: 'failed',
      fault: { code: 'killed' },
    })
  })

  it('ends an attempt once, whoever asks, and nothing where none is at work', async () => {
    const { pool, puppets } = poolOf((message, self) => {
      if (message.type === 'load') self.say(loaded)
    })
    const fault = { code: 'killed', message: 'Another attempt at the same task was first.' } as const
    pool.end(attempt.id, fault)
    const { outcome } = pool.run(attempt, () => undefined)
    await sleep(10)
    pool.end(attempt.id, fault)
    pool.end(attempt.id, { ...fault, message: 'Again.' })
    expect(await outcome).toEqual({ kind: 'failed', fault })
    expect(puppets).toHaveLength(1)
    await pool.stop()
  })

  it('is given neither more than it has seats for, nor anything once it is stopped', async () => {
    const { pool } = poolOf((message, self) => {
      if (message.type === 'load') self.say(loaded)
    })
    const first = pool.run(attempt, () => undefined)
    expect(() => pool.run(attempt, () => undefined)).toThrow('The pool was given more than it has seats for.')
    await pool.stop()
    await first.outcome
    expect(() => pool.run(attempt, () => undefined)).toThrow('The pool was given work after it was stopped.')
  })
})
