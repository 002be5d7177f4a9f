/** Longest piece of a text that a message quotes. */
const quotedLengthMax = 40

/** What was got, for a message: type and, where it is short, the value. Never throws, whatever it is given. */
export function showValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the string ${quote(value)}`
    case 'number':
      return Number.isNaN(value) ? 'NaN' : `the number ${Object.is(value, -0) ? '-0' : value}`
    case 'bigint':
      return `the bigint ${value}`
    case 'boolean':
      return String(value)
    case 'function':
      return value.name === '' ? 'a function' : `the function ${quote(value.name)}`
    case 'object':
      return value === null ? 'null' : showObject(value)
    case 'symbol':
      return 'a symbol'
    default:
      return 'undefined'
  }
}

/** A text in quotes, shortened, with control characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(text.length > quotedLengthMax ? `${text.slice(0, quotedLengthMax)}…` : text)
}

/** Names in quotes with commas: `"a", "b"`. */
export function quoteAll(names: readonly string[]): string {
  return names.map(quote).join(', ')
}

function showObject(value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) {
    const names = Object.keys(value)
    return names.length === 0
      ? 'an empty object'
      : `an object with ${quoteAll(names.slice(0, 4))}${names.length > 4 ? ', …' : ''}`
  }
  const name = Object.prototype.toString.call(value).slice('[object '.length, -1)
  return name === 'Object' ? 'an instance of a class' : `a ${name}`
}
