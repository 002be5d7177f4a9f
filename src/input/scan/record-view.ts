import type { Reads } from '../../job/index.ts'
import type { ScannedRecord, ViewedObject, ViewMaker } from './lazy-record.ts'
import type { Projection, WantedEdge } from './projection.ts'

/** Where a view has its record: the names that a map reads are its properties. */
const scanned = Symbol('scanned')
const viewed = Symbol('viewed')

/**
 * A record, or an object in one, for a map of which it is known that it only reads these properties, and writes them: an object with a
 * getter and a setter for each, which costs a fraction of what a proxy does. Nothing else can be done with it that gives what a record gives.
 */
interface RecordView {
  readonly [scanned]: ScannedRecord
  /** Null for a record. */
  readonly [viewed]: ViewedObject | null
}

/** The makers of one projection. It is one for all splits: views of many classes would be as slow as proxies. */
export class ViewMakers {
  readonly #projection: Projection
  readonly #made = new Map<string, ViewMaker | null>()

  constructor(projection: Projection) {
    this.#projection = projection
  }

  /** Null where the names are more than a projection takes. */
  makerFor(reads: Reads): ViewMaker | null {
    const key = textOf(reads)
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const edges = this.#projection.want(reads)
    const maker = edges === null ? null : viewsOf(edges)
    this.#made.set(key, maker)
    return maker
  }
}

function textOf(reads: Reads): string {
  return JSON.stringify([...reads].map(([name, within]) => [name, within && textOf(within)]))
}

function viewsOf(edges: readonly WantedEdge[]): ViewMaker {
  class View implements RecordView {
    declare readonly [scanned]: ScannedRecord
    declare readonly [viewed]: ViewedObject | null

    constructor(record: ScannedRecord, object: ViewedObject | null) {
      this[scanned] = record
      this[viewed] = object
    }
  }
  for (const wanted of edges) Object.defineProperty(View.prototype, wanted.edge.name, propertyOf(wanted))
  return View
}

function propertyOf({ edge, within }: WantedEdge): PropertyDescriptor & ThisType<RecordView> {
  const Within = within === null ? null : viewsOf(within)
  return {
    get() {
      const record = this[scanned]
      const object = this[viewed]
      if (record.isAtHand) return record.valueAt(edge, object, null, Within)
      const whole = record.complete()
      return Reflect.get(object === null ? whole : object.target, edge.name)
    },
    // What the map writes it reads from then on, and nobody else sees.
    set(value: unknown) {
      Object.defineProperty(this, edge.name, { value, writable: true })
    },
  }
}
