import { afterEach, describe, expect, it } from 'vitest'
import { type FakeTerminal, fakeTerminal } from '../../test/fixtures/fake-terminal.ts'
import { mapReport, plainFile, planOf, sourceOf } from '../../test/fixtures/plans.ts'
import type { ProgressEvent, RunEvent, RunState } from '../run/index.ts'
import { apply, initialState } from '../run/state/state.ts'
import { Progress } from './progress.ts'

/** Two files of ten splits of 10 bytes each, a task a split. */
const plan = planOf([plainFile('a', 100), plainFile('b', 100)])

/** A run that is followed by a progress, with a clock that stands still until it is moved. */
class Followed {
  readonly terminal: FakeTerminal
  readonly progress: Progress
  state: RunState = initialState(plan)
  nowMs = 5000

  constructor(terminal: FakeTerminal) {
    this.terminal = terminal
    this.progress = new Progress(terminal, null, () => this.nowMs)
  }

  happens(event: RunEvent): this {
    this.state = apply(this.state, event)
    this.progress.observe(event, this.state)
    return this
  }

  begins(task: number): this {
    const id = `map-${String(task).padStart(5, '0')}`
    return this.happens({ type: 'attempt-started', at: 0, task: id, attempt: 1, seat: 0 })
  }

  ends(task: number, rejected = 0): this {
    const split = plan.splits[task]!
    const report = mapReport([sourceOf(split, { rejected })])
    const id = `map-${String(task).padStart(5, '0')}`
    return this.happens({ type: 'map-committed', at: 0, task: id, attempt: 1, report })
  }

  moves(task: number, more: Partial<ProgressEvent>): this {
    const id = `map-${String(task).padStart(5, '0')}`
    const progress = { readBytes: 0, bytes: 0, records: 0, rejected: 0, groups: 0, ...more }
    this.progress.observe({ type: 'progress', at: 0, task: id, attempt: 1, ...progress }, this.state)
    return this
  }

  after(ms: number): this {
    this.nowMs += ms
    return this
  }

  /** The line that is drawn now, without its bar. */
  line(): string | null | undefined {
    this.progress.draw()
    if (!this.terminal.isLive) return this.terminal.saidLines.at(-1)
    return this.terminal.statuses.at(-1)?.replace(/ [━─]{20} /, ' · ') ?? null
  }
}

describe('Progress', () => {
  const open: Followed[] = []
  afterEach(() => {
    for (const { progress } of open.splice(0)) progress.end()
  })
  function follow(more: Parameters<typeof fakeTerminal>[0] = {}): Followed {
    const followed = new Followed(fakeTerminal(more))
    open.push(followed)
    return followed
  }

  it('shows nothing before the first event', () => {
    const run = follow()
    run.progress.draw()
    expect(run.terminal.statuses).toEqual([])
  })

  it('tells the time while there is nothing else to tell', () => {
    expect(follow().begins(0).after(3000).line()).toBe('map  0 % · 0 B of 200 B · 0 records · 3.0 s so far')
  })

  it('adds what running tasks have read to what is committed', () => {
    const run = follow().begins(0).begins(1).ends(0).moves(1, { readBytes: 5, records: 4 }).after(500)
    expect(run.line()).toBe('map  7 % · 15 B of 200 B · 14 records · 0.5 s so far')
  })

  it('forgets what an attempt had read when it is committed or fails', () => {
    const run = follow().begins(0).moves(0, { readBytes: 9, records: 9 })
    run.happens({
      type: 'attempt-failed',
      at: 0,
      task: 'map-00000',
      attempt: 1,
      fault: { code: 'worker-died', message: 'x' },
      charged: true,
    })
    expect(run.line()).toContain('0 B of 200 B · 0 records')
    expect(run.begins(1).moves(1, { readBytes: 5, records: 5 }).ends(1).line()).toContain(
      '10 B of 200 B · 10 records',
    )
  })

  it('shows a rate and the time left once it can be told', () => {
    const run = follow().begins(0).ends(0).after(10_000)
    expect(run.line()).toBe('map  5 % · 10 B of 200 B · 1 B/s · 10 records · 3 min 10 s left')
  })

  it('gives a range where the last seconds went at another rate than the session', () => {
    const run = follow().begins(0)
    run.line()
    run.after(20_000).begins(1).ends(0).ends(1).line()
    run.after(10_000).begins(2).ends(2)
    expect(run.line()).toBe('map 15 % · 30 B of 200 B · 1 B/s · 30 records · 2 min 50 s left')
    run.after(5000).begins(3).ends(3)
    expect(run.line()).toMatch(/ · 2 min 0 s to 2 min 20 s left$/)
  })

  it('counts the rate of a resumed run from where this session began', () => {
    const earlier = follow().begins(0).ends(0).begins(1).ends(1)
    const run = follow()
    run.state = earlier.state
    run.begins(2).after(10_000).moves(2, { readBytes: 5 })
    expect(run.line()).toMatch(/^map 12 % · 25 B of 200 B · 1 B\/s /)
    run.ends(2)
    expect(run.line()).toContain('· 1 B/s ·')
  })

  it('shows how many records are rejected, if any', () => {
    expect(follow().begins(0).ends(0, 3).line()).toContain('· 10 records · 3 rejected · ')
  })

  it('is never at 100 % while a task is at work', () => {
    const run = follow()
    for (const index of plan.tasks.keys()) run.begins(index)
    for (const index of plan.tasks.keys()) if (index > 1) run.ends(index)
    run.moves(0, { readBytes: 10 }).moves(1, { readBytes: 10 }).after(5000)
    expect(run.line()).toBe('map 99 % · 200 B of 200 B · 40 B/s · 180 records · 2 tasks to finish')
  })

  it('shows the partitions of the reduce stage', () => {
    const run = follow()
    for (const index of plan.tasks.keys()) run.begins(index).ends(index)
    expect(run.after(2000).line()).toBe('reduce  0 of 1 partition · 2.0 s so far')
  })

  it.each([
    [80, 'map 15 % · 30 B of 200 B · 3 B/s · 30 records · 1 rejected · 57 s left'],
    [70, 'map 15 % · 30 B of 200 B · 3 B/s · 1 rejected · 57 s left'],
    [50, 'map 15 % · 30 B of 200 B · 1 rejected · 57 s left'],
    [40, 'map 15 % · 1 rejected · 57 s left'],
    [24, 'map 15 % · 57 s left'],
    [10, 'map 15 %'],
    [6, 'map …'],
  ])('leaves out what does not fit into %d columns', (columns, line) => {
    const run = follow({ columns }).begins(0).ends(0).begins(1).ends(1, 1).begins(2).ends(2).after(10_000)
    expect(run.line()).toBe(line)
  })

  it('writes lines where there is no live terminal, and nothing that takes one away', () => {
    const run = follow({ isLive: false, columns: 20 }).begins(0).ends(0).after(10_000)
    expect(run.line()).toBe('map  5 % · 10 B of 200 B · 1 B/s · 10 records · 3 min 10 s left')
    run.progress.showWriting()
    expect(run.terminal.saidLines).toHaveLength(1)
  })

  it('says that the result is being written, on a live terminal', () => {
    const run = follow().begins(0)
    run.progress.showWriting()
    expect(run.terminal.statuses).toEqual(['writing the result'])
  })

  it('takes the line away at the end, and shows none after that', () => {
    const run = follow().begins(0)
    run.line()
    run.progress.end()
    expect(run.line()).toBeNull()
  })
})
