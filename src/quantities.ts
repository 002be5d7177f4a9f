/** Numbers as people write and read them. */

const units: readonly (readonly [suffix: string, bytes: number])[] = [
  ['PB', 1e15],
  ['TB', 1e12],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
]

/**
 * 1,234,567. Digits are grouped by hand: a formatter of `Intl` reads its tables when it is first made, and that takes 10 ms of a core, in
 * each process of a run, where Node itself starts in 30. What is not a whole number is as `Intl` has it, with three digits at most after the point.
 */
export function showCount(count: number | bigint): string {
  if (typeof count === 'number' && !Number.isSafeInteger(count)) return count.toLocaleString('en-US')
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `3 files`, `1 file`. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${showCount(count)} ${count === 1 ? noun : plural}`
}

/** Three digits and a decimal unit, as disks and networks are measured: `4.81 GB`. */
export function showBytes(bytes: number): string {
  for (const [suffix, size] of units) {
    if (bytes >= size * 0.9995) return `${Number((bytes / size).toPrecision(3))} ${suffix}`
  }
  return `${Math.round(bytes)} B`
}

/** `17 ms`, `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function showDuration(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 0.1) return `${Math.ceil(ms)} ms`
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
}

/** Bytes of `512M`, `1.5G`, `64KiB`, `1000`: K, M, G and T are powers of 1024. Null for what is no size. */
export function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?|b)?$/i.exec(text)
  if (match === null) return null
  const bytes = Math.floor(Number(match[1]) * (sizeUnits[(match[2] ?? '').toLowerCase()] ?? 1))
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null
}
