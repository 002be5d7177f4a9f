/** As they were before a job was loaded, which may have others in their place. */
const { stringify } = JSON
const { defineProperty, getPrototypeOf, hasOwn } = Object
const { isArray } = Array
const arrays: object = Array.prototype
const objects: object = Object.prototype

/**
 * The JSON of plain data, as `JSON.stringify` gives it; a bigint is a text of its digits. Old libraries put a `toJSON` on what all
 * arrays or objects have, which would say something else of each of them; here it does not count.
 */
export function plainJson(value: unknown): string {
  const isPatched = hasOwn(arrays, 'toJSON') || hasOwn(objects, 'toJSON')
  if (isPatched) return stringify(shielded(value), showBigInt)
  try {
    return stringify(value)
  } catch {
    // A bigint. To be asked about every value takes twice as long, and more memory: the place in an array is made a text each time.
    return stringify(value, showBigInt)
  }
}

function showBigInt(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

/** A copy in which no object inherits that function. What has one of its own class, such as a date, keeps it. */
function shielded(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  const prototype: unknown = getPrototypeOf(value)
  if (isArray(value)) {
    const list: unknown[] = []
    for (let index = 0; index < value.length; index++) list[index] = shielded(value[index])
    // Not assigned, which one that may not be written to would refuse.
    return defineProperty(list, 'toJSON', { value: undefined })
  }
  if (prototype !== objects && prototype !== null) return value
  const copy: Record<string, unknown> = { ...value, toJSON: undefined }
  for (const name in value)
    if (hasOwn(value, name)) copy[name] = shielded((value as Record<string, unknown>)[name])
  return copy
}
