import { afterEach, describe, expect, it } from 'vitest'
import { flowKernels } from '../../test/fixtures/flow-kernels.ts'
import { foldInto } from '../../test/fixtures/folded.ts'
import { type AnyReducer, collect, count, max, min, sum } from '../job/index.ts'
import { decodeKey, type Key } from '../record/index.ts'
import { CombineTable, numberedKeyBytes } from './combine-table.ts'
import { giveBackKeyAmounts, type KeyAmounts, releaseKeyAmounts, takeKeyAmounts } from './key-amounts.ts'
import { PendingEmits } from './pending-emits.ts'

const most = Number.MAX_SAFE_INTEGER
/** The first key of a table, by which it is moved to a kernel. */
const mover = 'mover'

afterEach(releaseKeyAmounts)

function tablesOf(...reducers: readonly unknown[]): CombineTable[] {
  return reducers.map((reducer, number) => new CombineTable(reducer as AnyReducer, number))
}

/** Tables that have moved to a kernel, each with one key whose state is 1. */
function movedTables(...reducers: readonly unknown[]): { tables: CombineTable[]; amounts: KeyAmounts } {
  const amounts = takeKeyAmounts(flowKernels.amounts)
  if (amounts === null) throw new Error('No kernel was built.')
  const tables = reducers.map((reducer, number) => new CombineTable(reducer as AnyReducer, number, 0))
  for (const table of tables) {
    foldInto(table, mover, 1)
    table.moveTo(amounts)
  }
  return { tables, amounts }
}

/** What a kernel holds beside the keys by which tables were moved. */
function heldBy(amounts: KeyAmounts): [table: number, key: Key, amount: number][] {
  const held: [number, Key, number][] = []
  amounts.visit((bytes, start, end, amount) =>
    held.push([bytes.readUInt8(start), decodeKey(bytes, start + 1, end), amount]),
  )
  return held.filter(([, key]) => key !== mover)
}

/** Nobody is to leave the kernel. */
const stay = (): never => {
  throw new Error('All was to be folded there.')
}

function emitsOf({ tableNumbers, keyNumbers, values, count }: PendingEmits): unknown[] {
  return Array.from({ length: count }, (_, index) => [tableNumbers[index], keyNumbers[index], values[index]])
}

describe('PendingEmits', () => {
  it('gives each emit the number of its key, in whatever table, once they are resolved', () => {
    const tables = tablesOf(collect(), collect())
    foldInto(tables[1] as CombineTable, 'known', 0)
    const pending = new PendingEmits(tables)
    pending.push(0, 'a', 'first')
    pending.push(1, 'known', 'second')
    pending.push(1, 'b', 'third')
    pending.push(0, 'a', 'fourth')
    expect([pending.emitted, pending.count, tables[0]?.keyCount]).toEqual([4, 4, 0])
    expect(emitsOf(pending)).toEqual([
      [0, -1, 'first'],
      [1, 0, 'second'],
      [1, -1, 'third'],
      [0, -1, 'fourth'],
    ])
    pending.resolve()
    expect(pending.keyNumbers.slice(0, 4)).toEqual([0, 0, 1, 0])
    expect([tables[0]?.keyOf(0), tables[1]?.keyOf(1)]).toEqual(['a', 'b'])
  })

  it('finds many keys that it has to look up as it finds few', () => {
    const tables = tablesOf(count())
    // One of them, the empty tuple, is not found without being encoded, however often it comes.
    for (const round of [0, 1]) {
      const pending = new PendingEmits(tables)
      for (let key = 0; key < 20; key++) pending.push(0, key === 7 ? [] : [key], undefined)
      pending.resolve()
      const expected = Array.from({ length: 20 }, (_, key) => key)
      expect(pending.keyNumbers.slice(0, 20)).toEqual(expected)
      expect(tables[0]?.keyCount).toBe(20)
      expect(tables[0]?.keyOf(7)).toEqual([])
      if (round === 0) for (const number of expected) tables[0]?.fold(number, undefined)
    }
  })

  it('emits nothing with what is no key, and goes on behind it', () => {
    const tables = tablesOf(collect())
    const pending = new PendingEmits(tables)
    pending.push(0, ['a', 1], 1)
    expect(() => pending.push(0, ['b', {} as never], 2)).toThrow('which is no key')
    pending.push(0, 'c', 3)
    expect(pending.emitted).toBe(2)
    pending.resolve()
    expect(emitsOf(pending)).toEqual([
      [0, 0, 1],
      [0, 1, 3],
    ])
    expect([tables[0]?.keyOf(0), tables[0]?.keyOf(1)]).toEqual([['a', 1], 'c'])
  })

  it('leaves no key of a record that is dropped, and holds none of its values', () => {
    const tables = tablesOf(collect())
    const pending = new PendingEmits(tables)
    const { values } = pending
    for (const end of ['drop', 'keep'] as const) {
      pending.push(0, 'a', { large: 'value' })
      pending.push(0, 'b', { large: 'value' })
      pending[end]()
      expect([pending.emitted, pending.count, tables[0]?.keyCount]).toEqual([0, 0, 0])
      expect(values).toEqual([undefined, undefined])
      pending.resolve()
      expect(tables[0]?.keyCount).toBe(0)
    }
    pending.push(0, 'c', 1)
    pending.resolve()
    expect([tables[0]?.keyCount, tables[0]?.keyOf(0)]).toEqual([1, 'c'])
  })

  it('gives back the room of a record that emitted very much', () => {
    const pending = new PendingEmits(tablesOf(collect()))
    const lengths = (): number[] => [
      pending.tableNumbers.length,
      pending.keyNumbers.length,
      pending.values.length,
    ]
    for (let emit = 0; emit < 1024; emit++) pending.push(0, `key ${emit}`, emit)
    pending.keep()
    expect(lengths()).toEqual([1024, 1024, 1024])
    for (let emit = 0; emit < 1025; emit++) pending.push(0, `key ${emit}`, emit)
    pending.keep()
    expect(lengths()).toEqual([0, 0, 0])
    pending.push(0, 'x'.repeat(100_000), 'long')
    pending.push(0, 'b', 'short')
    pending.resolve()
    expect(emitsOf(pending)).toEqual([
      [0, 0, 'long'],
      [0, 1, 'short'],
    ])
  })

  it('stages what is for a kernel, and folds it when it is told to', () => {
    const { tables, amounts } = movedTables(count(), sum(), max())
    const pending = new PendingEmits(tables)
    pending.push(0, 'a', 'any value')
    pending.push(1, 'a', -4)
    pending.push(2, 'a', 9)
    pending.push(1, 'a', 6)
    expect([pending.emitted, pending.count, pending.leaves]).toEqual([4, 0, false])
    expect(heldBy(amounts)).toEqual([])
    pending.keep()
    expect(pending.emitted).toBe(0)
    pending.foldStaged(stay)
    const held = [
      [0, 'a', 1],
      [1, 'a', 2],
      [2, 'a', 9],
    ]
    expect(heldBy(amounts)).toEqual(held)
    // Nothing is folded twice.
    pending.foldStaged(stay)
    expect(heldBy(amounts)).toEqual(held)
    expect(pending.stagedBytesMost).toBe(0)
    giveBackKeyAmounts(amounts)
  })

  it('takes -0 for 0 in a kernel', () => {
    const { tables, amounts } = movedTables(min())
    const pending = new PendingEmits(tables)
    pending.push(0, 'a', -0)
    pending.keep()
    pending.foldStaged(stay)
    expect(heldBy(amounts).map(([, , amount]) => Object.is(amount, 0))).toEqual([true])
    giveBackKeyAmounts(amounts)
  })

  it('drops what the record at hand has staged, and nothing of those before', () => {
    const { tables, amounts } = movedTables(sum())
    const pending = new PendingEmits(tables)
    pending.push(0, 'kept', 1)
    pending.keep()
    pending.push(0, 'dropped', 2)
    pending.push(0, 'dropped too', 2)
    expect(pending.emitted).toBe(2)
    pending.drop()
    expect(pending.emitted).toBe(0)
    pending.push(0, 'kept too', 3)
    expect(pending.emitted).toBe(1)
    pending.keep()
    pending.foldStaged(stay)
    expect(heldBy(amounts)).toEqual([
      [0, 'kept', 1],
      [0, 'kept too', 3],
    ])
    giveBackKeyAmounts(amounts)
  })

  it('says that a record leaves the kernel whose value is none for it, until that record is over', () => {
    const { tables, amounts } = movedTables(sum(), count())
    const pending = new PendingEmits(tables)
    pending.push(1, 'a', 0.5)
    expect(pending.leaves).toBe(false)
    pending.push(0, 'a', 0.5)
    expect([pending.leaves, pending.emitted, pending.count]).toEqual([true, 2, 1])
    pending.drop()
    expect([pending.leaves, pending.emitted]).toEqual([false, 0])
    giveBackKeyAmounts(amounts)
  })

  it('lets tables fold what comes behind a sum that would not be exact', () => {
    const { tables, amounts } = movedTables(sum(), count())
    const pending = new PendingEmits(tables)
    pending.push(0, 'a', most)
    pending.push(1, 'a', undefined)
    pending.push(0, 'a', 2)
    pending.push(1, 'b', undefined)
    pending.push(0, 'c', 7)
    pending.keep()
    let left = 0
    pending.foldStaged(() => {
      left += 1
      expect(heldBy(amounts)).toEqual([
        [0, 'a', most],
        [1, 'a', 1],
      ])
      for (const table of tables) table.leave()
      amounts.visit((bytes, start, end, amount) =>
        tables[bytes.readUInt8(start)]?.takeBack(bytes, start, end, amount),
      )
    })
    expect(left).toBe(1)
    const found = tables.map((table) =>
      Array.from({ length: table.keyCount }, (_, number) => [table.keyOf(number), table.state(number)]),
    )
    expect(found[1]).toEqual([
      [mover, 1],
      ['a', 1],
      ['b', 1],
    ])
    const exact = sum()
    const state = exact.add(exact.add(exact.empty(), most), 2)
    expect(found[0]).toEqual([
      [mover, 1],
      ['a', state],
      ['c', 7],
    ])
    giveBackKeyAmounts(amounts)
  })

  it('is full when more than 64 KiB are staged, and says what they come to hold at most', () => {
    const { tables, amounts } = movedTables(count())
    const pending = new PendingEmits(tables)
    expect([pending.isFull, pending.stagedBytesMost]).toEqual([false, 0])
    // With its length before it, the table's number and the tag of a string: 2 ** 10 bytes, as lengths of more than 254 take five.
    for (let key = 0; key < 64; key++) {
      pending.push(0, 'x'.repeat(1024 - 7), undefined)
      pending.keep()
    }
    expect([pending.isFull, pending.stagedBytesMost]).toEqual([false, 65_536 + 64 * numberedKeyBytes])
    pending.push(0, 'y', undefined)
    pending.keep()
    expect([pending.isFull, pending.stagedBytesMost]).toEqual([true, 65_540 + 65 * numberedKeyBytes])
    pending.foldStaged(stay)
    expect([pending.isFull, pending.stagedBytesMost, tables[0]?.keyCount]).toEqual([false, 0, 3])
    giveBackKeyAmounts(amounts)
  })
})
