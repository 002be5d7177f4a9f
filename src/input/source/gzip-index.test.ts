import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { crc32, inflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { makeFolder } from '../../../test/fixtures/splits.ts'
import { requires } from '../../../test/requires.ts'
import type { GzipBlock, GzipCut } from '../split.ts'
import { SourceFault } from './byte-chunks.ts'
import { IndexWriter, readIndexCuts, readWindow } from './gzip-index.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

const fileBytes = 5000
const windows = [Buffer.from('one\ntwo\nthree\n'), Buffer.from('what stands before another block')] as const

/** Writes an index with these windows and cuts at them. */
function makeIndex(
  contents: readonly Buffer[] = windows,
  table = {},
): { bytes: Buffer; cuts: GzipCut[]; closed: number } {
  const chunks: Buffer[] = []
  let closed = 0
  const writer = new IndexWriter({
    write: (chunk) => chunks.push(Buffer.from(chunk)),
    close: () => {
      closed += 1
    },
  })
  const cuts = contents.map((window, at) => {
    const place = writer.addWindow(window)
    const memberCrc32 = crc32(window)
    return {
      byte: 1000 * (at + 1),
      dataByte: 2000 * (at + 1),
      members: 0,
      block: { bits: 5, memberBytes: 2000 * (at + 1), memberCrc32, ...place },
    }
  })
  writer.finish({ fileBytes, dataBytes: 20_000, cuts, ...table })
  writer.close()
  return { bytes: Buffer.concat(chunks), cuts, closed }
}

const index = makeIndex()
const blocks = index.cuts.map(({ block }) => block as GzipBlock)
const read = (bytes: Uint8Array, size = fileBytes): readonly GzipCut[] | null =>
  readIndexCuts(folder.write('an.index', bytes), size)

function faultOf(path: string, block: GzipBlock): SourceFault {
  try {
    readWindow(path, block)
  } catch (error) {
    if (error instanceof SourceFault) return error
    throw error
  }
  throw new Error('The window was read.')
}

describe('the index of a gzip file', () => {
  test('is written as its page says: magic, windows one after the other, table, and its length and checksum', () => {
    const magic = 'tallyman gzip index 1\n'
    expect(index.bytes.toString('latin1', 0, magic.length)).toBe(magic)
    let at = magic.length
    for (const [number, { windowByte, windowBytes, windowCrc32 }] of blocks.entries()) {
      const window = windows[number] as Buffer
      expect(windowByte).toBe(at)
      expect(windowCrc32).toBe(crc32(window))
      at += windowBytes
      expect(inflateRawSync(index.bytes.subarray(windowByte, at))).toEqual(window)
    }
    const table = index.bytes.subarray(at, -36)
    expect(JSON.parse(String(table))).toEqual({ fileBytes, dataBytes: 20_000, cuts: index.cuts })
    expect(index.bytes.readUInt32LE(index.bytes.length - 36)).toBe(table.length)
    expect(index.bytes.subarray(-32)).toEqual(createHash('sha256').update(table).digest())
    expect(index.closed).toBe(1)
  })

  test('gives its cuts to whoever has a file of that size, and the window of each', () => {
    expect(read(index.bytes)).toEqual(index.cuts)
    for (const size of [fileBytes - 1, fileBytes + 1, 0]) expect(read(index.bytes, size)).toBe(null)
    const path = folder.write('an.index', index.bytes)
    expect(blocks.map((block) => readWindow(path, block))).toEqual(windows)
  })

  test('is none where any bit around the windows is another, or where it is cut off anywhere', () => {
    const { bytes, cuts } = makeIndex([Buffer.from('a window')])
    expect(read(bytes)).toEqual(cuts)
    const [{ block } = {}] = cuts
    for (let at = 0; at < bytes.length; at++) {
      if (at >= 22 && at < 22 + (block?.windowBytes ?? 0)) continue
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at)
      expect(read(changed), `byte ${at}`).toBe(null)
    }
    for (let length = 0; length < bytes.length; length += 5)
      expect(read(bytes.subarray(0, length)), `${length} bytes`).toBe(null)
  })

  test('is none where there is none, where it is a folder, or where what is sealed is no table', () => {
    const path = folder.write('an.index', index.bytes)
    expect(readIndexCuts(`${path}.gone`, fileBytes)).toBe(null)
    expect(readIndexCuts(dirname(path), fileBytes)).toBe(null)
    const magic = index.bytes.subarray(0, 22)
    for (const content of ['', 'null', '{"fileBytes":']) {
      const tail = Buffer.alloc(36)
      tail.writeUInt32LE(content.length)
      createHash('sha256').update(content).digest().copy(tail, 4)
      expect(read(Buffer.concat([magic, Buffer.from(content), tail]))).toBe(null)
    }
  })

  test('is none with a table of more than 16 MiB', () => {
    const padded = (bytes: number): Buffer => makeIndex([], { padding: ' '.repeat(bytes) }).bytes
    expect(read(padded(1000))).toEqual([])
    expect(read(padded(2 ** 24))).toBe(null)
  })
})

describe('a window of an index', () => {
  test('is refused, or is what it was, where any byte of it is another', () => {
    for (const [number, block] of blocks.entries()) {
      let refused = 0
      for (let at = block.windowByte; at < block.windowByte + block.windowBytes; at++) {
        const changed = Buffer.from(index.bytes)
        changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at)
        const path = folder.write('changed.index', changed)
        try {
          expect(readWindow(path, block), `byte ${at}`).toEqual(windows[number])
        } catch (error) {
          if (!(error instanceof SourceFault)) throw error
          expect(error.code).toBe('input-damaged')
          expect(error.message).toMatch(/^the index of the gzip file (cannot be read|is damaged)$/)
          refused += 1
        }
      }
      // The last byte of a deflate stream may have bits that nobody looks at.
      expect(refused).toBeGreaterThanOrEqual(block.windowBytes - 1)
    }
  })

  test('is refused where it is another one, though that is whole', () => {
    const path = folder.write('an.index', index.bytes)
    const [first, second] = blocks as [GzipBlock, GzipBlock]
    const fault = faultOf(path, { ...first, windowByte: second.windowByte, windowBytes: second.windowBytes })
    expect(fault).toMatchObject({ code: 'input-damaged', message: 'the index of the gzip file is damaged' })
  })

  test('cannot be read where the index is gone, or ends before; what failed is kept as the cause', () => {
    const [first] = blocks as [GzipBlock]
    const path = folder.write('an.index', index.bytes.subarray(0, first.windowByte + first.windowBytes - 1))
    for (const [where, cause] of [
      [path, 'the file ends before'],
      [`${path}.gone`, 'ENOENT'],
    ] as const) {
      const fault = faultOf(where, first)
      expect(fault).toMatchObject({
        code: 'input-damaged',
        message: 'the index of the gzip file cannot be read',
      })
      expect(String(fault.cause)).toContain(cause)
    }
  })

  test('is 32 KiB at most: what inflates to more is not taken', () => {
    const full = Buffer.alloc(32_768, 'a line\n')
    const { bytes, cuts } = makeIndex([full, Buffer.alloc(32_769)])
    const path = folder.write('long.index', bytes)
    const [whole, long] = cuts.map(({ block }) => block) as [GzipBlock, GzipBlock]
    expect(readWindow(path, whole)).toEqual(full)
    expect(faultOf(path, long).message).toBe('the index of the gzip file cannot be read')
  })
})

const openFiles = '/proc/self/fd'

test.skipIf(!requires('The list of open files in /proc/self/fd', existsSync(openFiles)))(
  'An index is closed again, however reading it went',
  () => {
    const path = folder.write('an.index', index.bytes)
    const [block] = blocks as [GzipBlock]
    const before = readdirSync(openFiles).length
    for (let time = 0; time < 20; time++) {
      readIndexCuts(path, fileBytes)
      readIndexCuts(path, 1)
      readWindow(path, block)
      faultOf(path, { ...block, windowByte: 1e9 })
    }
    // Others in this process may have opened something meanwhile.
    expect(readdirSync(openFiles).length).toBeLessThan(before + 20)
  },
)
