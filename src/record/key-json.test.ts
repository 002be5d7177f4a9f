import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyKey } from '../../test/fixtures/keys-and-values.ts'
import { ByteWriter } from './bytes.ts'
import { canonicalJson } from './json.ts'
import { encodeKey, type Key } from './key.ts'
import { writeKeyJson } from './key-json.ts'

/** As in a file: something stands before and after. */
function writtenOf(bytes: Buffer, after: readonly number[] = [0xff, 0]): Buffer {
  const out = new ByteWriter(1)
  out.byte(0x3c)
  const file = Buffer.concat([Buffer.from([7]), bytes, Buffer.from(after)])
  writeKeyJson(out, file, 1, 1 + bytes.length)
  return out.copy().subarray(1)
}

function jsonOf(key: Key): string {
  return writtenOf(encodeKey(key)).toString('utf8')
}

test('writeKeyJson writes what canonicalJson says, of any key', () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      // -0 and 0 are one key.
      const read = Object.is(key, -0) ? 0 : key
      if (Array.isArray(read) && read.some((element) => Object.is(element, -0))) return
      expect(jsonOf(key)).toBe(Buffer.from(canonicalJson(read), 'utf8').toString('utf8'))
    }),
    { numRuns: 2000 },
  )
})

test.each<[Key]>([
  [''],
  [[]],
  [['']],
  [['a', '']],
  ['\u0000'],
  [['\u0000', 'a']],
  [['a\u0000']],
  // What follows the character to escape looks like the tag of another text.
  [['a"\u0005b']],
  ['"\\\n'],
  ['\ud800'],
  ['\ud7ff\ue000'],
  [['\udc00', 'b']],
  ['x'.repeat(5000)],
  [['é', '日本', '🙂', '\u2028']],
  [['a', 1, null, true]],
])('writeKeyJson writes %j as canonicalJson does', (key) => {
  expect(jsonOf(key)).toBe(canonicalJson(key))
})

// Bytes that are no UTF-8 would come out as U+FFFD if they had been a string in between.
const plainBytes = [0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f, 0x80, 0xec, 0xee, 0xff]

test('writeKeyJson copies texts without anything to escape byte for byte, and makes no strings of them', () => {
  expect(writtenOf(Buffer.from([5, ...plainBytes]))).toEqual(Buffer.from([0x22, ...plainBytes, 0x22]))
  const tuple = [6, 5, ...plainBytes, 0, 5, 0, 5, ...plainBytes, 0]
  const copied = [0x5b, 0x22, ...plainBytes, 0x22, 0x2c, 0x22, 0x22, 0x2c, 0x22, ...plainBytes, 0x22, 0x5d]
  expect(writtenOf(Buffer.from(tuple))).toEqual(Buffer.from(copied))
})

test.each([
  ['ends inside a text of a tuple, even if a NUL follows it', [6, 5, 0x61]],
  ['has no such tag in a tuple', [6, 5, 0x61, 0, 7]],
  ['has no such tag', [9, 0x61]],
])('writeKeyJson refuses a key that %s', (_, bytes) => {
  for (const after of [[0xff, 0], [0]]) {
    expect(() => writtenOf(Buffer.from(bytes), after)).toThrow('Encoded key is not one')
  }
})
