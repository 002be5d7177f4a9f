import { describe, expect, it } from 'vitest'
import type { InputFile } from '../../input/index.ts'
import type { SparkOptions } from '../options.ts'
import { gzipPartBytesOf, taskSizeOf } from './task-size.ts'

const MiB = 2 ** 20
const spark: SparkOptions = { master: 'yarn', deployMode: 'client', home: null, pack: null, conf: {} }
const identity = { sizeBytes: 0, mtimeNs: '0', ctimeNs: '0', inode: '0' }
const plain = (mebibytes: number): InputFile => ({
  path: 'a.jsonl',
  kind: 'plain',
  identity: { ...identity, sizeBytes: mebibytes * MiB },
  members: [],
})
const size = (files: readonly InputFile[], asked: Partial<Parameters<typeof taskSizeOf>[0]> = {}) =>
  taskSizeOf({ splitBytes: null, spark, ...asked }, { files })

describe('taskSizeOf', () => {
  it('has larger tasks on Spark before it has more than 64, up to 256 MiB, and the same ones here whatever there is', () => {
    expect(size([plain(10)])).toMatchObject({ splitBytes: 32 * MiB, packBytes: 32 * MiB, filesApartMax: 64 })
    expect(size([plain(6400)]).splitBytes).toBe(100 * MiB)
    expect(size([plain(1e6)]).splitBytes).toBe(256 * MiB)
    expect(size([plain(1e6)], { spark: null })).toEqual({
      splitBytes: 32 * MiB,
      packBytes: 32 * MiB,
      filesApartMax: 1024,
    })
  })

  it('counts what archives hold, and gzip files at six times their size', () => {
    const place = { method: 8, localHeaderByte: 0, compressedBytes: 1, crc32: 0, encrypted: false }
    const member = { ...place, name: 'm', uncompressedBytes: 3200 * MiB }
    const zip: InputFile = { ...plain(1), kind: 'zip', members: [member, { ...member, name: 'n' }] }
    expect(size([zip]).packBytes).toBe(100 * MiB)
    expect(size([{ ...plain(640), kind: 'gzip' }]).packBytes).toBe(60 * MiB)
  })

  it('takes pieces of plain files as they were asked for, and packs no more for "whole"', () => {
    expect(size([plain(1e6)], { splitBytes: MiB })).toMatchObject({ splitBytes: MiB, packBytes: MiB })
    expect(size([plain(10)], { splitBytes: Number.MAX_SAFE_INTEGER }).packBytes).toBe(32 * MiB)
  })
})

describe('gzipPartBytesOf', () => {
  const here = { splitBytes: null, spark: null }
  it('is as long as pieces of plain files, for lines that are read here', () => {
    expect(gzipPartBytesOf(here, 'line')).toBe(32 * MiB)
    expect(gzipPartBytesOf({ ...here, splitBytes: 5 }, 'line')).toBe(5)
    expect(gzipPartBytesOf(here, 'file')).toBeNull()
    expect(gzipPartBytesOf({ ...here, spark }, 'line')).toBeNull()
  })
})
