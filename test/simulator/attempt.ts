/** An attempt as a simulated worker makes it. */
import type { Fault } from '../../src/errors.ts'
import type { RecordPlace, SkippedRecord } from '../../src/flow/index.ts'
import type { RunState } from '../../src/run/index.ts'
import type { Decision } from '../../src/run/state/decide.ts'
import type { EndedAttempt } from '../../src/run/state/settle.ts'
import { attemptId, taskId } from '../../src/run/state/task-id.ts'
import type { SimulatedDisk } from './disk.ts'
import { sayPlace, type World } from './world.ts'

export type Begun = Extract<Decision, { kind: 'start' }>

/** What is known of it when it ends. */
type End = Omit<EndedAttempt, 'at'>

/** Faults of which a worker that is careful leaves the record's place behind. */
const died: Fault = { code: 'worker-died', message: 'The worker died at a record.' }
const hungry: Fault = { code: 'out-of-memory', message: 'The worker ran out of heap.' }
const threw: Fault = { code: 'job-threw', message: 'The job threw.' }
const ended: Fault = { code: 'killed', message: 'Another attempt was first.' }

export class SimulatedAttempt {
  readonly id: string
  readonly begun: Begun
  /** Takes many times as long as others do. */
  readonly isSlow: boolean
  readonly #world: World
  readonly #splits: ReturnType<typeof splitsOf>
  readonly #skip: readonly SkippedRecord[]
  #isKilled = false

  /** What it is told is what the state says when it begins. */
  constructor(world: World, state: RunState, begun: Begun) {
    const { stage, index, task, attempt } = begun
    this.#world = world
    this.begun = begun
    this.id = attemptId(task, attempt)
    this.#splits = stage === 'map' ? splitsOf(state, index) : []
    this.#skip = state[stage].at(index)?.trouble?.skip ?? []
    const { slow } = world.characterOf(stage, index)
    this.isSlow = slow === 'always' || (slow === 'once' && attempt === 1)
  }

  kill(): void {
    this.#isKilled = true
  }

  end(disk: SimulatedDisk, death: Fault | null): End {
    const { task, attempt, stage } = this.begun
    const about = { task, attempt, place: null, damagedTask: null }
    const failed = (fault: Fault, more: Partial<End> = {}): End => ({
      ...about,
      outcome: { kind: 'failed', fault },
      ...more,
    })
    if (this.#isKilled) return failed(ended)
    if (death !== null) return failed(death)
    return stage === 'map' ? this.#endMap(disk, about, failed) : this.#endReduce(disk, about, failed)
  }

  #endMap(
    disk: SimulatedDisk,
    about: Omit<End, 'outcome'>,
    failed: (fault: Fault, more?: Partial<End>) => End,
  ): End {
    const { index, attempt, care } = this.begun
    const { throws, isHungry, deadly } = this.#world.characterOf('map', index)
    const at = deadly.find((place) => this.#meets(place))
    if (at !== undefined) return failed(died, care.careful ? { place: at } : {})
    if (throws) return failed(threw)
    if (isHungry && !care.alone) return failed(hungry)
    const ordinals = this.#world.damageIn(this.#splits)
    const { content, report } = this.#world.mapOutput(index, attempt, this.#splits, this.#skip)
    if (ordinals.length === 0) {
      disk.attempts.set(this.id, content)
      return { ...about, outcome: { kind: 'done', report: { kind: 'map', report } } }
    }
    const damaged = ordinals.map((ordinal) => ({
      ordinal,
      fault: { code: 'input-damaged', message: 'It ends early.' } as const,
    }))
    return { ...about, outcome: { kind: 'done', report: { kind: 'map', report: { ...report, damaged } } } }
  }

  #meets(place: RecordPlace): boolean {
    const isRead = this.#splits.some(({ ordinal }) => ordinal === place.ordinal)
    return isRead && !this.#skip.some((skipped) => sayPlace(skipped) === sayPlace(place))
  }

  #endReduce(
    disk: SimulatedDisk,
    about: Omit<End, 'outcome'>,
    failed: (fault: Fault, more?: Partial<End>) => End,
  ): End {
    const contents: string[] = []
    for (const index of this.#world.plan.tasks.keys()) {
      const damagedTask = taskId('map', index)
      const content = disk.committed.get(damagedTask) ?? null
      if (content === null)
        return failed(
          { code: 'file-damaged', message: `A spill of ${damagedTask} is damaged.` },
          { damagedTask },
        )
      contents.push(content)
    }
    const { content, report } = this.#world.reduceOutput(this.begun.index, contents)
    disk.attempts.set(this.id, content)
    return { ...about, outcome: { kind: 'done', report: { kind: 'reduce', report } } }
  }
}

/** Splits of a map task that are not known to be damaged. */
export function splitsOf({ plan, damaged }: RunState, index: number) {
  const { firstSplit, endSplit } = plan.tasks[index] ?? { firstSplit: 0, endSplit: 0 }
  return plan.splits.slice(firstSplit, endSplit).filter(({ ordinal }) => !damaged.has(ordinal))
}
