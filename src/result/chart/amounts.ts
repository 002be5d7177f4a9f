/** A number as it was counted: a bigint where a double would lose digits of it. */
export type Amount = number | bigint

/** So many digits are written out; more cannot be read, and have no room. */
const digitsMax = 40
/** From here on axes say powers of ten. */
const shortFrom = 1e12

/** A bigint as the number it is, where it is one exactly. */
export function amountOf(value: Amount): Amount {
  if (typeof value === 'number') return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** The sum, exact for whole numbers. */
export function plus(a: Amount, b: Amount): Amount {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    return Number.isSafeInteger(sum) || !isExact(a) || !isExact(b) ? sum : BigInt(a) + BigInt(b)
  }
  return isExact(a) && isExact(b) ? amountOf(BigInt(a) + BigInt(b)) : Number(a) + Number(b)
}

function isExact(value: Amount): boolean {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}

/** For `sort`: the largest first. */
export function byLargest(a: Amount, b: Amount): number {
  return a < b ? 1 : a > b ? -1 : 0
}

/** 1,234,567 or 0.123; whole numbers to the last digit. */
export function showAmount(value: Amount): string {
  if (typeof value === 'bigint') {
    const digits = String(value < 0n ? -value : value)
    if (digits.length <= digitsMax) return value.toLocaleString('en-US')
    return `${value < 0n ? '-' : ''}${digits[0]}.${digits.slice(1, 3)}e${digits.length - 1}`
  }
  if (Number.isSafeInteger(value)) return value.toLocaleString('en-US')
  const size = Math.abs(value)
  if (size > Number.MAX_SAFE_INTEGER) return powerOfTen(value)
  return size >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(4)))
}

/** The same for an axis, whose numbers are round: 9e16 in the place of many noughts. */
export function showOnAxis(value: number): string {
  return Math.abs(value) >= shortFrom ? powerOfTen(value) : showAmount(value)
}

function powerOfTen(value: number): string {
  return Number(value.toPrecision(3)).toExponential().replace('e+', 'e')
}

/** Where a logarithmic scale begins: at a power of ten that leaves the least positive value something to be seen of. */
export function logFloor(values: readonly Amount[]): number {
  let least = Number.POSITIVE_INFINITY
  for (const value of values) if (value > 0 && Number(value) < least) least = Number(value)
  return Number.isFinite(least) ? 10 ** Math.max(-300, Math.floor(Math.log10(least) - 0.3)) : 0.1
}
