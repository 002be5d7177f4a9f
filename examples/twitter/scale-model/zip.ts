/**
 * A zip archive, written whole. By hand, so that its bytes are the same every time: no clock, no order of completion.
 * The compressed bytes depend on the version of zlib in Node; what they hold does not.
 */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  /** ASCII; a name that ends in `/` is a folder. */
  readonly name: string
  readonly bytes: Buffer
}

const localSignature = 0x04034b50
const centralSignature = 0x02014b50
const endSignature = 0x06054b50
/** Version 2.0 of the format, made on Unix. */
const versionNeeded = 20
const madeBy = (3 << 8) | versionNeeded
const methodDeflate = 8
const modeOfFile = 0o100644
const modeOfFolder = 0o40755

/** Writes entries in the order given, all dated `day` (YYYY-MM-DD), at midnight. */
export function writeZip(entries: readonly ZipEntry[], day: string): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let offset = 0
  for (const { name, bytes } of entries) {
    const isFolder = name.endsWith('/')
    const body = isFolder ? bytes : deflateRawSync(bytes)
    const fields = sharedFields({ method: isFolder ? 0 : methodDeflate, day, bytes, body, name })
    const local = Buffer.concat([uint32(localSignature), fields, Buffer.from(name, 'latin1'), body])
    const central = Buffer.alloc(46)
    central.writeUInt32LE(centralSignature, 0)
    central.writeUInt16LE(madeBy, 4)
    fields.copy(central, 6)
    central.writeUInt32LE(((isFolder ? modeOfFolder : modeOfFile) << 16) >>> 0, 38)
    central.writeUInt32LE(offset, 42)
    locals.push(local)
    centrals.push(central, Buffer.from(name, 'latin1'))
    offset += local.length
  }
  const directory = Buffer.concat(centrals)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(endSignature, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

interface Fields {
  readonly method: number
  readonly day: string
  readonly bytes: Buffer
  readonly body: Buffer
  readonly name: string
}

/** The 26 bytes that an entry has both before its data and in the directory. */
function sharedFields({ method, day, bytes, body, name }: Fields): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(versionNeeded, 0)
  fields.writeUInt16LE(method, 4)
  fields.writeUInt16LE(dosDate(day), 8)
  fields.writeUInt32LE(crc32(bytes), 10)
  fields.writeUInt32LE(body.length, 14)
  fields.writeUInt32LE(bytes.length, 18)
  fields.writeUInt16LE(name.length, 22)
  return fields
}

function dosDate(day: string): number {
  const [year = 1980, month = 1, date = 1] = day.split('-').map(Number)
  return ((year - 1980) << 9) | (month << 5) | date
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** Spoils the checksum of the archive's first file entry, in both places where it is written. */
export function spoilChecksum(archive: Buffer): void {
  const central = archive.readUInt32LE(archive.length - 6)
  for (const at of [14, central + 16]) archive.writeUInt32LE(~archive.readUInt32LE(at) >>> 0, at)
}
