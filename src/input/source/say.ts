import { showCount } from '../../quantities.ts'

/** A number of bytes with its noun: `1 byte`, `2,048 bytes`. */
export function countBytes(value: number): string {
  return value === 1 ? '1 byte' : `${showCount(value)} bytes`
}

/** A checksum as people compare it. */
export function hex(checksum: number): string {
  return `0x${checksum.toString(16).padStart(8, '0')}`
}
