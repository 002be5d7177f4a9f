const grouped = new Intl.NumberFormat('en-US')

/** A number as people read it in messages: `2,981,022`. */
export function decimal(value: number | bigint): string {
  return grouped.format(value)
}

/** A number of bytes with its noun: `1 byte`, `2,048 bytes`. */
export function countBytes(value: number): string {
  return value === 1 ? '1 byte' : `${decimal(value)} bytes`
}

/** A checksum as people compare it. */
export function hex(checksum: number): string {
  return `0x${checksum.toString(16).padStart(8, '0')}`
}
