import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'

/** Which code points a font in a WOFF 2 file has a glyph for (W3C, WOFF File Format 2.0; OpenType, `cmap`). */
export function charactersOf(file: string): ReadonlySet<number> {
  const there = read.get(file)
  if (there !== undefined) return there
  const characters = readCmap(cmapOf(readFileSync(file)))
  read.set(file, characters)
  return characters
}

const read = new Map<string, ReadonlySet<number>>()

const headerBytes = 48
/** Tables are named by their places in a list of the format. */
const [cmap, glyf, loca, unlisted] = [0, 10, 11, 63]

/** All tables are compressed as one; the directory says how long each is. */
function cmapOf(font: Buffer): Buffer {
  const tables = font.readUInt16BE(12)
  let at = headerBytes
  const numberAt = (): number => {
    let number = 0
    for (let more = true; more; at += 1) {
      const byte = font.readUInt8(at)
      number = number * 128 + (byte & 127)
      more = byte > 127
    }
    return number
  }
  let start = 0
  let found: readonly [start: number, end: number] = [0, 0]
  for (let table = 0; table < tables; table += 1) {
    const flags = font.readUInt8(at)
    const [tag, transform] = [flags & 63, flags >> 6]
    at += tag === unlisted ? 5 : 1
    const length = numberAt()
    const isTransformed = tag === glyf || tag === loca ? transform !== 3 : transform !== 0
    const stored = isTransformed ? numberAt() : length
    if (tag === cmap) found = [start, start + stored]
    start += stored
  }
  return brotliDecompressSync(font.subarray(at, at + font.readUInt32BE(20))).subarray(...found)
}

function readCmap(table: Buffer): Set<number> {
  const characters = new Set<number>()
  for (let record = 0; record < table.readUInt16BE(2); record += 1) {
    const map = table.subarray(table.readUInt32BE(4 + record * 8 + 4))
    const format = map.readUInt16BE(0)
    if (format === 4) addSegments(map, characters)
    if (format === 12) addGroups(map, characters)
  }
  return characters
}

/** Of the basic plane: ranges, each with what is added to a code point, or a list where the glyph is looked up. */
function addSegments(map: Buffer, characters: Set<number>): void {
  const doubled = map.readUInt16BE(6)
  for (let at = 14; at < 14 + doubled; at += 2) {
    const [end, start] = [map.readUInt16BE(at), map.readUInt16BE(at + doubled + 2)]
    const delta = map.readUInt16BE(at + 2 * doubled + 2)
    const offsetAt = at + 3 * doubled + 2
    const offset = map.readUInt16BE(offsetAt)
    for (let point = start; point <= end && point !== 0xffff; point += 1) {
      const listed = offset === 0 ? point : map.readUInt16BE(offsetAt + offset + (point - start) * 2)
      if (listed !== 0 && ((listed + delta) & 0xffff) !== 0) characters.add(point)
    }
  }
}

/** Of all planes: ranges, each with the glyph of its first code point. */
function addGroups(map: Buffer, characters: Set<number>): void {
  for (let group = 0; group < map.readUInt32BE(12); group += 1) {
    const [start, end] = [map.readUInt32BE(16 + group * 12), map.readUInt32BE(20 + group * 12)]
    for (let point = start; point <= end; point += 1) characters.add(point)
  }
}
