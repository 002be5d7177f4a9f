/** Bigints as bytes, most significant first, no leading zero; 0n has none. */

export function bigIntToBytes(magnitude: bigint): Buffer {
  if (magnitude === 0n) return Buffer.alloc(0)
  const hex = magnitude.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

/** The inverse, which takes leading zeros as well. */
export function bigIntFromBytes(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`)
}
