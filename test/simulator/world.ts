/** What is true of a simulated run whoever carries it out: its plan, what its job does, and what each task has to write. */
import type { Random } from '../../examples/twitter/scale-model/random.ts'
import type { ErrorCode, Fault } from '../../src/errors.ts'
import type { MapReport, RecordPlace, ReduceReport, SkippedRecord } from '../../src/flow/index.ts'
import type { Split } from '../../src/input/index.ts'
import type { Plan } from '../../src/run/index.ts'
import { mapReport, plainFile, planOf, ran, reduceReport, sourceOf } from '../fixtures/plans.ts'

/** What the job does at a task, every time. */
export interface Character {
  /** Records at which the worker dies, by ordinal of their split. */
  readonly deadly: readonly RecordPlace[]
  /** The job throws, and no other attempt helps. */
  readonly throws: boolean
  /** Needs the memory of all workers. */
  readonly isHungry: boolean
  /** Writes something else in each attempt. */
  readonly isFickle: boolean
  /** Times as slow as the others, on its first attempt alone or on all. */
  readonly slow: 1 | 'once' | 'always'
}

const harmless: Character = { deadly: [], throws: false, isHungry: false, isFickle: false, slow: 1 }

/** Causes of deaths that chance brings about, on any attempt. */
const causes = [
  'worker-died',
  'killed',
  'job-exited',
  'out-of-memory',
  'memory-limit',
  'process-limit',
  'no-progress',
  'limit-reached',
  'protocol-broken',
  'io',
] as const satisfies readonly ErrorCode[]

export class World {
  readonly plan: Plan
  readonly #random: Random
  readonly #characters: readonly Character[]
  readonly #damagedSplits: ReadonlySet<number>
  readonly #rejected: ReadonlyMap<number, number>
  /** Share of attempts that chance lets die. */
  readonly deathRate: number
  /** Share of attempts that are told of more than once, or of losses of files between two moments. */
  readonly oddRate: number
  readonly crashRate: number

  constructor(random: Random) {
    this.#random = random
    this.deathRate = random.pick([0, 0.05, 0.3])
    this.oddRate = random.pick([0, 0.03, 0.15])
    this.crashRate = random.pick([0, 0.01, 0.05])
    const evil = random.pick([0, 0, 0.1, 0.4])
    const plan = anyPlan(random)
    this.#damagedSplits = new Set(
      plan.splits.flatMap(({ ordinal }) => (random.chance(evil / 4) ? [ordinal] : [])),
    )
    this.plan = { ...plan, tasks: plan.tasks.map((task) => this.#kept(task)) }
    this.#characters = this.plan.tasks.map(({ firstSplit }) =>
      random.chance(evil) ? anyCharacter(random, firstSplit) : harmless,
    )
    this.#rejected = new Map(
      this.plan.splits.map(({ ordinal }) => [ordinal, random.chance(evil) ? random.below(4) : 0]),
    )
  }

  /** Of some tasks an earlier run has kept what they write; of none whose input is damaged. */
  #kept(task: Plan['tasks'][number]): Plan['tasks'][number] {
    const { firstSplit, endSplit } = task
    const isWhole = !Array.from({ length: endSplit - firstSplit }, (_, at) => firstSplit + at).some(
      (ordinal) => this.#damagedSplits.has(ordinal),
    )
    if (!isWhole || !this.#random.chance(0.1)) return task
    return { ...task, reuse: { kind: 'kept', key: `${firstSplit}`, run: 'before' } }
  }

  /** What the job does at a task; every reduce task is harmless. */
  characterOf(stage: 'map' | 'reduce', index: number): Character {
    return stage === 'map' ? (this.#characters[index] ?? harmless) : harmless
  }

  /** Is there anything about it for which a run may fail, however calm the weather? */
  get isSound(): boolean {
    return this.#characters.every(
      ({ throws, isFickle, deadly, isHungry }) =>
        !throws && !isFickle && deadly.length === 0 && !(isHungry && this.plan.attemptsMax === 1),
    )
  }

  /** Splits of a task that are damaged, and not known to be. */
  damageIn(splits: readonly Split[]): number[] {
    return splits.flatMap(({ ordinal }) => (this.#damagedSplits.has(ordinal) ? [ordinal] : []))
  }

  anyDeath(): Fault {
    const code = this.#random.pick(causes)
    return { code, message: `By chance: ${code}.` }
  }

  /** What a map attempt writes, and says of it. */
  mapOutput(index: number, attempt: number, splits: readonly Split[], skip: readonly SkippedRecord[]) {
    const fickle = this.characterOf('map', index).isFickle ? ` in attempt ${attempt}` : ''
    const content = `map ${index} of ${splits.map(({ ordinal }) => ordinal)} without ${skip.map(sayPlace)}${fickle}`
    return { content, report: this.#mapReport(content, splits, skip) }
  }

  #mapReport(content: string, splits: readonly Split[], skip: readonly SkippedRecord[]): MapReport {
    const sources = splits.map((split) => {
      const skipped = skip.filter(({ ordinal }) => ordinal === split.ordinal).length
      const rejected = (this.#rejected.get(split.ordinal) ?? 0) + skipped
      return sourceOf(split, { records: 10 - rejected, rejected })
    })
    const spills = Array.from({ length: this.plan.partitions }, (_, partition) => ({
      partition,
      name: 's0.spill',
      atByte: partition * 61,
      records: 1,
      bytes: 10,
      crc32: hash(`${content} for ${partition}`),
    }))
    return mapReport(sources, { spills, counters: { seen: splits.length } })
  }

  reduceOutput(partition: number, contents: readonly string[]): { content: string; report: ReduceReport } {
    const content = `reduce ${partition} of [${contents.join('; ')}]`
    const part = { table: 'result', name: 'result.part', rows: 1, bytes: 10, crc32: hash(content) }
    return { content, report: { ...reduceReport(contents.length), parts: [part] } }
  }
}

function anyPlan(random: Random): Plan {
  const files = Array.from({ length: random.between(1, 3) }, (_, file) =>
    plainFile(`${file}.txt`, random.between(1, 45)),
  )
  const plan = planOf(files, {
    partitions: random.between(1, 4),
    workers: random.between(1, 4),
    attemptsMax: random.between(1, 4),
    speculates: random.chance(0.9),
  })
  const tasks: Plan['tasks'][number][] = []
  for (let firstSplit = 0; firstSplit < plan.splits.length; ) {
    const endSplit = Math.min(plan.splits.length, firstSplit + random.between(1, 2))
    tasks.push({ firstSplit, endSplit, reuse: ran })
    firstSplit = endSplit
  }
  return { ...plan, tasks }
}

function anyCharacter(random: Random, ordinal: number): Character {
  switch (random.below(6)) {
    case 0:
      return { ...harmless, throws: true }
    case 1:
      return { ...harmless, isHungry: true }
    case 2:
      return { ...harmless, isFickle: true }
    case 3:
      return { ...harmless, slow: 'always' }
    case 4:
      return { ...harmless, slow: 'once' }
    default: {
      const count = random.chance(0.2) ? 7 : random.between(1, 2)
      return { ...harmless, deadly: Array.from({ length: count }, (_, byte) => ({ ordinal, byte })) }
    }
  }
}

export function sayPlace({ ordinal, byte }: RecordPlace): string {
  return `${ordinal}:${byte}`
}

/** FNV-1a. */
function hash(text: string): number {
  let sum = 0x811c9dc5
  for (let index = 0; index < text.length; index++) sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193)
  return sum >>> 0
}
