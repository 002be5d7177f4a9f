import { ScannedRecord, type Source } from './lazy-record.ts'
import type { Edge } from './projection.ts'

/** Makes the view of the line `bytes[start, end)`, which the kernel is sure of, and whose row is at hand. */
export type MakeView = (row: number, bytes: Buffer, start: number, end: number) => object

/** Where a view has its record: the names that a map reads are its properties. */
const scanned = Symbol('scanned')

interface RecordView {
  readonly [scanned]: ScannedRecord
}

/**
 * Views of records, for a map of which it is known that it only reads these properties, and writes them: objects with a getter
 * and a setter for each, which cost a fraction of what a proxy does. Nothing else can be done with them that gives what a
 * record gives. Null where the names are more than a projection takes.
 */
export function recordViews(source: Source, names: readonly string[]): MakeView | null {
  const edges = source.projection.want(names)
  if (edges === null) return null
  class View implements RecordView {
    declare readonly [scanned]: ScannedRecord

    constructor(record: ScannedRecord) {
      this[scanned] = record
    }
  }
  for (const edge of edges) Object.defineProperty(View.prototype, edge.name, propertyOf(edge))
  return (row, bytes, start, end) => new View(new ScannedRecord(source, row, bytes, start, end, null))
}

function propertyOf(edge: Edge): PropertyDescriptor & ThisType<RecordView> {
  return {
    get() {
      const record = this[scanned]
      if (record.isAtHand) return record.valueAt(edge, null, null)
      return Reflect.get(record.complete(), edge.name)
    },
    // What the map writes it reads from then on, and nobody else sees.
    set(value: unknown) {
      Object.defineProperty(this, edge.name, { value, writable: true })
    },
  }
}
