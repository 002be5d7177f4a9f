import { readFileSync } from 'node:fs'

/**
 * A file of /proc or /sys without its last newline; null where it is not there or may not be read, since kernels and
 * control groups differ in which files they have. Whoever reads says what its absence means.
 */
export function readSmallFile(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch {
    return null
  }
}

/** The whole number a small file holds; null where it holds none, such as "max". */
export function readSmallNumber(file: string): number | null {
  const text = readSmallFile(file)
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : null
}
