import { crc32, deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { inflateExactly } from './inflate-exactly.ts'

const contents = ['', 'x', 'a line\n'.repeat(10), 'y'.repeat(100_000)].map((text) => Buffer.from(text))

describe('inflateExactly', () => {
  test.each(contents.map((content) => [content.length, content] as const))(
    'gives %i bytes back, and nothing where they are others than is said',
    (bytes, content) => {
      const data = deflateRawSync(content)
      const crc = crc32(content)
      expect(inflateExactly(data, bytes, crc)?.equals(content)).toBe(true)
      expect(inflateExactly(data, bytes, crc ^ 1)).toBeNull()
      expect(inflateExactly(data, bytes + 1, crc)).toBeNull()
      if (bytes > 0) expect(inflateExactly(data, bytes - 1, crc)).toBeNull()
      // Whatever follows is not of it.
      expect(inflateExactly(Buffer.concat([data, Buffer.from('more')]), bytes, crc)).toBeNull()
      expect(inflateExactly(data.subarray(0, -1), bytes, crc)).toBeNull()
    },
  )

  test('gives nothing of what is no deflated data', () => {
    expect(inflateExactly(Buffer.from('this is no deflated data'), 5, 0)).toBeNull()
    expect(inflateExactly(Buffer.alloc(0), 0, 0)).toBeNull()
  })
})
