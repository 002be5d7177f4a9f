import type { ByteWriter } from './bytes.ts'
import { canonicalJson } from './json.ts'
import { decodeKey, tagString, tagTuple } from './key.ts'

const quote = 0x22
const comma = 0x2c
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
/** The first byte of lone surrogates, which JSON escapes, and of some other characters. */
const surrogateLead = 0xed
/** What JSON writes around a text at most, and a tuple around its elements. */
const aroundBytesMax = 4

/**
 * Appends the canonical JSON, in UTF-8, of the key whose bytes are `bytes[start, end)`: what `canonicalJson` says of it. Texts without
 * anything to escape, and tuples of such, are copied and never become strings.
 *
 * @throws {TallymanError} `file-damaged` for bytes that are not put together as those of a key are
 */
export function writeKeyJson(out: ByteWriter, bytes: Buffer, start: number, end: number): void {
  const lengthBefore = out.length
  const isWritten =
    bytes[start] === tagString
      ? writePlainText(out, bytes, start + 1, end) === end
      : bytes[start] === tagTuple && writePlainTuple(out, bytes, start + 1, end)
  if (isWritten) return
  out.length = lengthBefore
  const json = Buffer.from(canonicalJson(decodeKey(bytes, start, end)))
  out.bytes(json, 0, json.length)
}

/** False where an element is no text, or has something to escape: what was written is of no use then. */
function writePlainTuple(out: ByteWriter, bytes: Buffer, start: number, end: number): boolean {
  out.byte(openBracket)
  for (let at = start; at < end; ) {
    if (at > start) out.byte(comma)
    if (bytes[at] !== tagString) return false
    const textEnd = writePlainText(out, bytes, at + 1, end)
    // A NUL ends it. What follows one that is escaped is no tag, so the next turn sees it; text that has no end is damaged.
    if (bytes[textEnd] !== 0 || textEnd >= end) return false
    at = textEnd + 1
  }
  out.byte(closeBracket)
  return true
}

/** Writes text up to the first byte that is not written as it is, or to `end`, in quotes. Returns where it stopped. */
function writePlainText(out: ByteWriter, bytes: Buffer, start: number, end: number): number {
  out.reserve(end - start + aroundBytesMax)
  const into = out.buffer
  let to = out.length
  into[to++] = quote
  let at = start
  for (; at < end; at += 1) {
    const byte = bytes[at]!
    if (byte < 0x20 || byte === quote || byte === backslash || byte === surrogateLead) break
    into[to++] = byte
  }
  into[to++] = quote
  out.length = to
  return at
}
