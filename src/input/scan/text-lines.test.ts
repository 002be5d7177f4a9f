import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LineCutter } from '../decode/lines.ts'
import { decodeUtf8 } from '../decode/utf8.ts'
import { kernelOfThread } from './kernel.ts'
import { TextLines } from './text-lines.ts'

/** What lines are made of: newlines, the edges of what UTF-8 allows, and what is as long as the kernel looks at together. */
const part = fc.oneof(
  fc
    .constantFrom('\n', '\r\n', '\n\n', 'a', 'é', '日', '😀', '.'.repeat(15), '.'.repeat(16), '.'.repeat(40))
    .map((text) => Buffer.from(text)),
  fc
    .constantFrom(0x00, 0x7f, 0x80, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xff)
    .map((byte) => Buffer.from([byte])),
)

/** Every line, or why it is none, with its place. */
function told(chunks: readonly Buffer[], decoder: TextLines | null): string[] {
  const bounds = { firstByte: 0, skipFirst: false, endByte: Number.POSITIVE_INFINITY, lineBytesMax: 1000 }
  const cutter = new LineCutter(bounds, decoder === null ? null : (from) => decoder.lineEnd(from))
  const lines: string[] = []
  const take = (): void => {
    while (cutter.next()) {
      const { bytes, start, end, startByte, endByte } = cutter
      let said: string
      try {
        said = JSON.stringify(
          decoder === null ? decodeUtf8(bytes, start, end) : decoder.decode(bytes, start, end),
        )
      } catch (error) {
        said = String(error)
      }
      lines.push(`${startByte} ${endByte} ${said}`)
    }
  }
  for (const chunk of chunks) {
    cutter.push(chunk)
    decoder?.enterChunk(chunk)
    take()
  }
  cutter.finish()
  take()
  return lines
}

describe('TextLines', () => {
  test('finds and decodes the lines that are found and decoded one by one, whatever the chunks are', () => {
    const kernel = kernelOfThread()
    expect(kernel).not.toBeNull()
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 60 }),
        fc.array(fc.nat(100), { maxLength: 4 }),
        (parts, cuts) => {
          const bytes = Buffer.concat(parts)
          const chunks: Buffer[] = []
          let from = 0
          for (const cut of [...cuts, bytes.length]) {
            if (cut > 0 && from < bytes.length) chunks.push(Buffer.from(bytes.subarray(from, from + cut)))
            from += cut
          }
          expect(kernel === null ? null : told(chunks, new TextLines(kernel))).toEqual(told(chunks, null))
        },
      ),
      { numRuns: 4000 },
    )
  })

  test('looks ahead once for many lines also where none of them is decoded, since they are too long', () => {
    const kernel = kernelOfThread()
    if (kernel === null) throw new Error('there is no kernel')
    const decoder = new TextLines(kernel)
    const chunk = Buffer.from('a line\n'.repeat(1000))
    decoder.enterChunk(chunk)
    const before = kernel.filling
    for (let start = 0; start < chunk.length; start += 7) expect(decoder.lineEnd(start)).toBe(start + 6)
    expect(kernel.filling).toBe(before + 1)
  })
})
