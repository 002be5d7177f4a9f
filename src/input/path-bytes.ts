/**
 * Names of files and archive members as strings. On Unix a name is bytes, mostly UTF-8; a byte 0xNN that is not part of
 * valid UTF-8 stands in the string as the lone surrogate U+DCNN, as with Python's surrogateescape (PEP 383). Every name
 * survives the way into a string and back, and two names are equal exactly when their strings are.
 */
import { isUtf8 } from 'node:buffer'

const loneSurrogate = /\p{Surrogate}/u

/**
 * A name's bytes as a string. Valid UTF-8 is decoded, every other byte becomes a lone surrogate U+DC80 to U+DCFF.
 * Cost: linear in the length.
 */
export function fromFsBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  let name = ''
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceBytes(bytes, at)
    name +=
      length === 0 ? String.fromCharCode(0xdc00 + byteAt(bytes, at)) : bytes.toString('utf8', at, at + length)
    at += Math.max(1, length)
  }
  return name
}

/** The bytes a string made by `fromFsBytes` stands for. */
export function toFsBytes(path: string): Buffer {
  if (!loneSurrogate.test(path)) return Buffer.from(path, 'utf8')
  const parts: Buffer[] = []
  for (const character of path) {
    const unit = character.charCodeAt(0)
    const isEscaped = character.length === 1 && unit >= 0xdc80 && unit <= 0xdcff
    parts.push(isEscaped ? Buffer.of(unit - 0xdc00) : Buffer.from(character, 'utf8'))
  }
  return Buffer.concat(parts)
}

/** A path as `node:fs` takes it: the string itself, or its bytes where they are not UTF-8. */
export function toFsPath(path: string): string | Buffer {
  return loneSurrogate.test(path) ? toFsBytes(path) : path
}

/** Order of two names by their bytes: negative, 0 or positive. The order everything in a run has. */
export function comparePathBytes(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  let at = 0
  while (at < length && left.charCodeAt(at) === right.charCodeAt(at)) at++
  if (at === length) return left.length - right.length
  const leftUnit = left.charCodeAt(at)
  const rightUnit = right.charCodeAt(at)
  // Below the surrogates UTF-16 and UTF-8 sort alike.
  if (leftUnit < 0xd800 && rightUnit < 0xd800) return leftUnit - rightUnit
  return Buffer.compare(toFsBytes(left), toFsBytes(right))
}

/** How many bytes the UTF-8 sequence at `at` has; 0 where none begins. */
function sequenceBytes(bytes: Buffer, at: number): number {
  const first = byteAt(bytes, at)
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  return length > 0 && isUtf8(bytes.subarray(at, at + length)) ? length : 0
}

function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0
}
