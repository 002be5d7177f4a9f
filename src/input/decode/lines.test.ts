import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LineCutter } from './lines.ts'

interface Line {
  text: string
  startByte: number
  endByte: number
  tooLong: boolean
}

/** The lines of a whole text, by the plainest means. */
function linesOf(content: Buffer, lineBytesMax: number): { line: Line; rawStart: number }[] {
  const lines: { line: Line; rawStart: number }[] = []
  let rawStart = 0
  while (rawStart < content.length) {
    const newlineAt = content.indexOf(10, rawStart)
    const rawEnd = newlineAt === -1 ? content.length : newlineAt
    const bom =
      rawStart === 0 && content.toString('latin1', 0, Math.min(3, rawEnd)) === '\xef\xbb\xbf' ? 3 : 0
    const startByte = rawStart + bom
    const endByte = rawEnd > rawStart && content[rawEnd - 1] === 13 ? rawEnd - 1 : rawEnd
    const tooLong = endByte - startByte > lineBytesMax
    const onlyBom = bom === 3 && newlineAt === -1 && rawEnd === 3
    if (!onlyBom) {
      lines.push({
        rawStart,
        line: {
          text: tooLong ? '' : content.toString('latin1', startByte, endByte),
          startByte,
          endByte,
          tooLong,
        },
      })
    }
    rawStart = rawEnd + 1
  }
  return lines
}

/** What a reader of the range `[startByte, endByte)` finds, chunk by chunk. */
function cut(content: Buffer, startByte: number, endByte: number, chunkBytes: number, lineBytesMax: number) {
  const firstByte = Math.max(0, startByte - 1)
  const cutter = new LineCutter({ firstByte, skipFirst: startByte > 0, endByte, lineBytesMax })
  const lines: Line[] = []
  const take = () => {
    while (cutter.next()) {
      const { tooLong } = cutter
      const text = tooLong ? '' : cutter.bytes.toString('latin1', cutter.start, cutter.end)
      lines.push({ text, startByte: cutter.startByte, endByte: cutter.endByte, tooLong })
    }
  }
  let at = firstByte
  // The chunk is overwritten after use, as a source does.
  const chunk = Buffer.alloc(chunkBytes)
  while (!cutter.done && at < content.length) {
    const bytes = content.copy(chunk, 0, at, Math.min(content.length, at + chunkBytes))
    cutter.push(chunk.subarray(0, bytes))
    at += bytes
    take()
    chunk.fill(0x58)
  }
  if (!cutter.done) {
    cutter.finish()
    take()
  }
  return {
    lines,
    count: cutter.lines,
    bytesOfLines: cutter.bytesOfLines,
    readTo: at,
    unfinished: cutter.unfinished,
  }
}

const content = fc
  .array(fc.constantFrom('\n', '\r\n', '\r', 'a', 'bc', 'defgh', '\n\n', '\xef\xbb\xbf', 'x'.repeat(9)), {
    maxLength: 24,
  })
  .chain((parts) =>
    fc.constantFrom('', '\xef\xbb\xbf').map((start) => Buffer.from(start + parts.join(''), 'latin1')),
  )

describe('LineCutter', () => {
  test('any cutting into ranges and chunks gives exactly the lines of the whole, each in the range of its first byte', () => {
    fc.assert(
      fc.property(
        content,
        fc.array(fc.nat(80), { maxLength: 6 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 16 }),
        (bytes, cuts, chunkBytes, lineBytesMax) => {
          const all = linesOf(bytes, lineBytesMax)
          const edges = [0, ...new Set(cuts.filter((at) => at > 0 && at < bytes.length)), bytes.length].sort(
            (a, b) => a - b,
          )
          let bytesOfLines = 0
          for (let index = 0; index + 1 < edges.length; index++) {
            const [startByte = 0, endByte = 0] = edges.slice(index)
            const found = cut(bytes, startByte, endByte, chunkBytes, lineBytesMax)
            const own = all.filter(({ rawStart }) => rawStart >= startByte && rawStart < endByte)
            expect(found.lines).toEqual(own.map(({ line }) => line))
            expect(found.count).toBe(own.length)
            bytesOfLines += found.bytesOfLines
          }
          expect(bytesOfLines).toBe(bytes.length)
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('ranges of a single byte each give every line once', () => {
    fc.assert(
      fc.property(content, fc.integer({ min: 1, max: 5 }), (bytes, chunkBytes) => {
        const lines = Array.from(
          { length: bytes.length },
          (_, at) => cut(bytes, at, at + 1, chunkBytes, 1000).lines,
        ).flat()
        expect(lines).toEqual(linesOf(bytes, 1000).map(({ line }) => line))
      }),
      { numRuns: 500 },
    )
  })

  test('reads no further than the last line of its range needs', () => {
    const bytes = Buffer.from(`${'a'.repeat(50)}\n`.repeat(100))
    expect(cut(bytes, 0, 51, 8, 1000).readTo).toBeLessThan(51 + 8)
    expect(cut(bytes, 60, 70, 8, 1000)).toMatchObject({ lines: [], bytesOfLines: 0 })
    expect(cut(bytes, 60, 70, 8, 1000).readTo).toBeLessThan(70 + 8)
  })

  test('takes for a mark no other character that begins like it', () => {
    for (const text of ['\ufec0', '\ufebf', '\ufe80', '\uffbf', '\ufeff\ufeff']) {
      const content = Buffer.from(`${text} x\n`)
      for (const chunkBytes of [1, 2, 100]) {
        const { lines } = cut(content, 0, content.length, chunkBytes, 100)
        const isMark = text.startsWith('\ufeff')
        expect(lines).toMatchObject([
          { text: content.toString('latin1', isMark ? 3 : 0, content.length - 1), startByte: isMark ? 3 : 0 },
        ])
      }
    }
  })

  test('of a file that holds only a byte order mark there is no line', () => {
    const mark = Buffer.from('\ufeff')
    expect(cut(mark, 0, 3, 2, 10)).toMatchObject({ lines: [], count: 0, bytesOfLines: 3 })
    expect(cut(Buffer.from('\ufeff\n'), 0, 4, 1, 10).lines).toEqual([
      { text: '', startByte: 3, endByte: 3, tooLong: false },
    ])
  })

  test('says when the last line has no newline', () => {
    expect(cut(Buffer.from('a\nb'), 0, 3, 2, 10).unfinished).toBe(true)
    expect(cut(Buffer.from('a\nb\n'), 0, 4, 2, 10).unfinished).toBe(false)
  })

  test('an overlong line is passed over while only its head is held, and the next line is found', () => {
    const cutter = new LineCutter({
      firstByte: 0,
      skipFirst: false,
      endByte: Number.POSITIVE_INFINITY,
      lineBytesMax: 100_000,
    })
    const chunk = Buffer.alloc(64 * 1024, 'y')
    // What other tests of this process hold is not this one's.
    const heldBefore = process.memoryUsage().arrayBuffers
    let heldBytesMost = 0
    for (let count = 0; count < 3000; count++) {
      cutter.push(chunk)
      expect(cutter.next()).toBe(false)
      heldBytesMost = Math.max(heldBytesMost, process.memoryUsage().arrayBuffers - heldBefore)
    }
    cutter.push(Buffer.from('\nnext\n'))
    expect(cutter.next()).toBe(true)
    expect(cutter.tooLong).toBe(true)
    expect(cutter.endByte - cutter.startByte).toBe(3000 * 64 * 1024)
    expect(cutter.end - cutter.start).toBeLessThanOrEqual(1024)
    expect(cutter.next()).toBe(true)
    expect(cutter.bytes.toString('utf8', cutter.start, cutter.end)).toBe('next')
    expect(cutter.tooLong).toBe(false)
    expect(heldBytesMost).toBeLessThan(100_000_000)
  })
})
