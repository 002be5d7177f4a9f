/** What disks, transfers and other programs do to a file, at random places. */
import type { Random } from './random.ts'

type Mutation = (bytes: Buffer, random: Random) => Buffer

const boundaries = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]
const inText = [
  '\n',
  '\r\n',
  '\r',
  '"',
  '\\',
  '\\u',
  '\ud83d',
  '{',
  '[',
  ',',
  '\0',
  '\ufeff',
  ' ',
  '-',
  '1e999',
  '\u2028',
]

function flipBit(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length)
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.below(8)), at)
  return bytes
}

function setByte(bytes: Buffer, random: Random): Buffer {
  bytes.writeUInt8(random.below(256), random.below(bytes.length))
  return bytes
}

/** A length or an offset that is a boundary of its type. */
function setNumber(bytes: Buffer, random: Random): Buffer {
  const value = random.pick(boundaries)
  const width = random.pick([2, 4, 8])
  if (bytes.length < width) return bytes
  const at = random.below(bytes.length - width + 1)
  for (let index = 0; index < width; index++) {
    bytes.writeUInt8(index < 4 ? (value >>> (8 * index)) & 0xff : 0, at + index)
  }
  return bytes
}

function zeroRange(bytes: Buffer, random: Random): Buffer {
  const [start, end] = range(bytes, random)
  return bytes.fill(0, start, end)
}

function removeRange(bytes: Buffer, random: Random): Buffer {
  const [start, end] = range(bytes, random)
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)])
}

function repeatRange(bytes: Buffer, random: Random): Buffer {
  const [start, end] = range(bytes, random)
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)])
}

function copyRange(bytes: Buffer, random: Random): Buffer {
  const [start, end] = range(bytes, random)
  bytes.copy(bytes, random.below(bytes.length), start, end)
  return bytes
}

function insert(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1)
  const inserted = Buffer.from(random.pick(inText))
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)])
}

function cutOff(bytes: Buffer, random: Random): Buffer {
  return bytes.subarray(0, random.below(bytes.length))
}

function append(bytes: Buffer, random: Random): Buffer {
  const [start, end] = range(bytes, random)
  return Buffer.concat([bytes, bytes.subarray(start, end)])
}

/** Short ranges more often than long ones. */
function range(bytes: Buffer, random: Random): readonly [number, number] {
  const start = random.below(bytes.length)
  const length = 1 + Math.floor((bytes.length - start) * random.fraction() ** 4)
  return [start, start + length]
}

const mutations: readonly Mutation[] = [
  flipBit,
  setByte,
  setNumber,
  zeroRange,
  removeRange,
  repeatRange,
  copyRange,
  insert,
  cutOff,
  append,
]

/** A copy of `original` with one to four changes. */
export function mutate(original: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(original)
  for (let left = 1 + random.below(4); left > 0 && bytes.length > 0; left--) {
    bytes = Buffer.from(random.pick(mutations)(bytes, random))
  }
  return bytes
}
