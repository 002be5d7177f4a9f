/**
 * What is built into the language is shared by the worker and the job it runs: a job that puts other functions in its place
 * changes what the worker does. It is looked at only when something has gone wrong, since libraries that mend old
 * engines do so too, and do no harm.
 */
const { getOwnPropertyDescriptor } = Object
const { ownKeys } = Reflect

/** What the worker's own code is made of. */
const watched: Readonly<Record<string, object>> = {
  Array,
  'Array.prototype': Array.prototype,
  'Function.prototype': Function.prototype,
  JSON,
  Map,
  'Map.prototype': Map.prototype,
  Math,
  Number,
  Object,
  'Object.prototype': Object.prototype,
  Promise,
  'Promise.prototype': Promise.prototype,
  'RegExp.prototype': RegExp.prototype,
  'Set.prototype': Set.prototype,
  String,
  'String.prototype': String.prototype,
}

/** A property as it was when this file was loaded, before any job. */
interface Original {
  readonly name: string
  readonly owner: object
  readonly key: PropertyKey
  readonly value: unknown
}

const originals = Object.entries(watched).flatMap(([name, owner]) =>
  ownKeys(owner).map((key): Original => {
    const value: unknown = getOwnPropertyDescriptor(owner, key)?.value
    return { name: `${name}.${String(key)}`, owner, key, value }
  }),
)

/**
 * Names of functions that are not the ones there were, such as `Array.prototype.push`; at most three. Uses none of them itself.
 */
export function changedBuiltIns(): string {
  let names = ''
  let count = 0
  for (let at = 0; at < originals.length && count < 3; at++) {
    const { name, owner, key, value } = originals[at] as Original
    if (typeof value !== 'function' || getOwnPropertyDescriptor(owner, key)?.value === value) continue
    names += `${count === 0 ? '' : ', '}${name}`
    count += 1
  }
  return names
}
