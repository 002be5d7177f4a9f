import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyKey } from '../../test/fixtures/keys-and-values.ts'
import { ByteWriter } from './bytes.ts'
import { canonicalJson } from './json.ts'
import { encodeKey, type Key } from './key.ts'
import { writeKeyJson } from './key-json.ts'

function jsonOf(key: Key): string {
  const bytes = encodeKey(key)
  const out = new ByteWriter(1)
  out.byte(0x3c)
  // As in a file: something stands before and after.
  const file = Buffer.concat([Buffer.from([7]), bytes, Buffer.from([0xff, 0])])
  writeKeyJson(out, file, 1, 1 + bytes.length)
  return out.copy().toString('utf8').slice(1)
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
