/** A value of DuckDB as far as it is looked at here: its classes say what they hold. */
interface DuckValue {
  readonly items?: readonly unknown[]
  readonly entries?: unknown
  readonly value?: unknown
  readonly tag?: string
}

/**
 * A cell of an answer as plain data: lists and structs as arrays and objects, maps as pairs, everything that JSON does not have
 * (days, times, decimals) as the text that DuckDB gives it. Numbers and bigints stay.
 */
export function plainCell(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { items, entries, tag, value: inner } = value as DuckValue
  if (Array.isArray(items)) return items.map(plainCell)
  if (Array.isArray(entries)) {
    return entries.map((entry: { readonly key: unknown; readonly value: unknown }) => [
      plainCell(entry.key),
      plainCell(entry.value),
    ])
  }
  if (typeof entries === 'object' && entries !== null) {
    return Object.fromEntries(Object.entries(entries).map(([name, field]) => [name, plainCell(field)]))
  }
  if (tag !== undefined) return plainCell(inner)
  return String(value)
}
