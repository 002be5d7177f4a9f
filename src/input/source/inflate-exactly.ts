import { crc32, inflateRawSync } from 'node:zlib'

/** Inflates data that is just what is said of it: every byte used, length and CRC-32 right. Null otherwise. */
export function inflateExactly(data: Buffer, bytes: number, expectedCrc32: number): Buffer | null {
  try {
    const inflated: unknown = inflateRawSync(data, {
      chunkSize: Math.max(64, bytes),
      maxOutputLength: Math.max(1, bytes),
      info: true,
    })
    if (!isInflated(inflated)) return null
    const { buffer, engine } = inflated
    const isExact = engine.bytesWritten === data.length && buffer.length === bytes
    return isExact && crc32(buffer) === expectedCrc32 ? buffer : null
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}

/** What `info: true` asks of zlib, and its types do not tell. */
function isInflated(
  value: unknown,
): value is { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } } {
  return typeof value === 'object' && value !== null && 'buffer' in value && 'engine' in value
}
