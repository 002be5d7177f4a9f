import type { ScannedRecord } from './lazy-record.ts'
import type { Edge, Projection } from './projection.ts'

/** Where a view has its record: the names that a map reads are its properties. */
const scanned = Symbol('scanned')

interface RecordView {
  readonly [scanned]: ScannedRecord
}

/**
 * Makes views of records, for a map of which it is known that it only reads these properties, and writes them: objects with a getter
 * and a setter for each, which cost a fraction of what a proxy does. Nothing else can be done with them that gives what a
 * record gives.
 */
export type ViewMaker = new (record: ScannedRecord) => object

/** The makers of one projection. It is one for all splits: views of many classes would be as slow as proxies. */
export class ViewMakers {
  readonly #projection: Projection
  readonly #made = new Map<string, ViewMaker | null>()

  constructor(projection: Projection) {
    this.#projection = projection
  }

  /** Null where the names are more than a projection takes. */
  makerFor(names: readonly string[]): ViewMaker | null {
    const key = names.join(' ')
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const edges = this.#projection.want(names)
    const maker = edges === null ? null : viewsOf(edges)
    this.#made.set(key, maker)
    return maker
  }
}

function viewsOf(edges: readonly Edge[]): ViewMaker {
  class View implements RecordView {
    declare readonly [scanned]: ScannedRecord

    constructor(record: ScannedRecord) {
      this[scanned] = record
    }
  }
  for (const edge of edges) Object.defineProperty(View.prototype, edge.name, propertyOf(edge))
  return View
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
