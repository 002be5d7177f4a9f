import { describe, expect, it } from 'vitest'
import { flowKernels } from '../../test/fixtures/flow-kernels.ts'
import {
  encodeKey,
  encodeValue,
  outsideHeapBytes,
  RecordFileReader,
  RecordFileWriter,
} from '../record/index.ts'
import { type FileToMerge, MergeKernel } from './merge-kernel.ts'
import { MemoryStorage } from './storage.ts'

interface Kernel {
  readonly filesMax: { readonly value: number }
  mergeAmounts(table: number, kind: number, asText: number): number
}

function exported(): object & Kernel {
  const kernel = flowKernels.merge()
  if (kernel === null) throw new Error('No kernel was built.')
  return kernel as Kernel
}

/** Opens a file of these keys, each with the state 1, in blocks of so many bytes. Says in `closed` that it was closed. */
function fileOf(keys: readonly string[], closed: string[] = [], blockBytes = 65_536): () => FileToMerge {
  const storage = new MemoryStorage()
  const file = storage.create('a.spill')
  const writer = new RecordFileWriter(file, 'spill', blockBytes)
  for (const key of keys) {
    const bytes = Buffer.concat([Buffer.of(0), encodeKey(key)])
    const value = encodeValue(1)
    writer.append(bytes, 0, bytes.length, value, 0, value.length)
  }
  writer.finish()
  file.close()
  return () => ({
    reader: new RecordFileReader(storage.open('a.spill'), 'spill'),
    close: () => closed.push(keys.join()),
  })
}

/** Of a record that is longer than its block: a header as of a block, then a key of 90 bytes that are not there. */
function brokenFile(closed: string[]): () => FileToMerge {
  const storage = new MemoryStorage()
  const file = storage.create('broken.spill')
  const writer = new RecordFileWriter(file, 'spill')
  const payload = Buffer.of(90, 1, 0, 0)
  writer.appendEncoded(payload, 0, payload.length, 1)
  writer.finish()
  file.close()
  return () => ({
    reader: new RecordFileReader(storage.open('broken.spill'), 'spill'),
    close: () => closed.push('broken'),
  })
}

const damaged = expect.objectContaining({
  code: 'file-damaged',
  message: expect.stringMatching(
    /^File "broken\.spill" has a record that is longer than its block, at byte \d+\.$/,
  ),
})
const noMemory = expect.objectContaining({
  code: 'out-of-memory',
  message: 'The system gives a merge of files no more memory.',
  wayOut: 'Give the run fewer workers (--workers) or less memory (--memory).',
})

describe('MergeKernel', () => {
  it('merges as many files as its kernel has room for, and refuses one more', () => {
    const kernel = exported()
    const { value: filesMax } = kernel.filesMax
    const file = fileOf(['a'])
    const files = Array.from({ length: filesMax }, () => file)
    const merge = new MergeKernel(kernel, files)
    merge.exports.beginOut(1000)
    expect(merge.run(() => kernel.mergeAmounts(0, 0, 1))).toBe('end')
    expect([merge.exports.taken.value, merge.written.records]).toEqual([filesMax, 1])
    merge.close()
    const before = outsideHeapBytes()
    expect(() => new MergeKernel(exported(), [...files, file])).toThrow(
      expect.objectContaining({
        code: 'internal',
        message: `A merge of ${filesMax + 1} files was asked of a kernel.`,
      }),
    )
    expect(outsideHeapBytes()).toBe(before)
  })

  it('says what has been written, and which record is for another block', () => {
    const kernel = exported()
    const merge = new MergeKernel(kernel, [fileOf(['first', 'second']), fileOf(['first', 'third'])])
    // One record, of 9 bytes, and not the next: with two lengths, for which 16 are kept free, it takes 24.
    merge.exports.beginOut(32)
    expect(merge.run(() => kernel.mergeAmounts(0, 0, 1))).toBe('full')
    const { bytes, start, end, records } = merge.written
    expect([records, bytes.toString('latin1', start, end)]).toEqual([1, `\x06\x01${encodeKey('first')}2`])
    const { record } = merge
    expect(record.bytes.subarray(record.keyStart, record.keyEnd)).toEqual(encodeKey('second'))
    expect(record.bytes.toString('latin1', record.valueStart, record.valueEnd)).toBe('1')
    merge.exports.beginOut(40)
    expect(merge.run(() => kernel.mergeAmounts(0, 0, 1))).toBe('end')
    expect(merge.written.records).toBe(1)
    merge.close()
  })

  it('leaves a record of another table to whoever asks', () => {
    const kernel = exported()
    const merge = new MergeKernel(kernel, [fileOf(['a'])])
    merge.exports.beginOut(1000)
    expect(merge.run(() => kernel.mergeAmounts(1, 0, 1))).toBe('other')
    expect(merge.exports.tableAtHand()).toBe(0)
    merge.close()
  })

  it('reads block after block, and counts records to see that a file is whole', () => {
    const keys = Array.from({ length: 50 }, (_, index) => `key ${10 + index}`)
    const kernel = exported()
    const merge = new MergeKernel(kernel, [fileOf(keys, [], 64), fileOf(keys, [], 200)])
    merge.exports.beginOut(10_000)
    expect(merge.run(() => kernel.mergeAmounts(0, 0, 0))).toBe('end')
    expect([merge.exports.taken.value, merge.exports.groups.value]).toEqual([100, 50])
    merge.close()
  })

  it('closes its files where the first record of one is damaged, and lets go of its memory', () => {
    const before = outsideHeapBytes()
    const closed: string[] = []
    expect(() => new MergeKernel(exported(), [fileOf(['a'], closed), brokenFile(closed)])).toThrow(damaged)
    expect(closed.toSorted()).toEqual(['a', 'broken'])
    expect(outsideHeapBytes()).toBe(before)
  })

  it('refuses a record behind the first that is damaged', () => {
    const storage = new MemoryStorage()
    const file = storage.create('broken.spill')
    const writer = new RecordFileWriter(file, 'spill')
    const key = Buffer.concat([Buffer.of(0), encodeKey('a')])
    const value = encodeValue(1)
    writer.append(key, 0, key.length, value, 0, value.length)
    const payload = Buffer.of(90, 1, 0, 0)
    writer.appendEncoded(payload, 0, payload.length, 1)
    writer.finish()
    file.close()
    const open = (): FileToMerge => ({
      reader: new RecordFileReader(storage.open('broken.spill'), 'spill'),
      close: () => undefined,
    })
    const kernel = exported()
    const merge = new MergeKernel(kernel, [fileOf(['b']), open])
    merge.exports.beginOut(1000)
    expect(() => merge.run(() => kernel.mergeAmounts(0, 0, 1))).toThrow(damaged)
    merge.close()
  })

  it('says that there is no memory: for a block, or for a long key', () => {
    const before = outsideHeapBytes()
    const closed: string[] = []
    expect(() => new MergeKernel({ ...exported(), roomFor: () => 0 }, [fileOf(['a'], closed)])).toThrow(
      noMemory,
    )
    expect(closed).toEqual(['a'])
    const merge = new MergeKernel(exported(), [fileOf(['a'])])
    expect(() => merge.run(() => 5)).toThrow(noMemory)
    merge.close()
    expect(outsideHeapBytes()).toBe(before)
  })

  it('counts its memory, also when that has grown, and lets go of it once', () => {
    const before = outsideHeapBytes()
    const closed: string[] = []
    const kernel = exported()
    const long = 'x'.repeat(3_000_000)
    const merge = new MergeKernel(kernel, [fileOf(['a', long], closed)])
    const opened = outsideHeapBytes() - before
    expect(opened).toBeGreaterThan(0)
    merge.exports.beginOut(1000)
    expect(merge.run(() => kernel.mergeAmounts(0, 0, 1))).toBe('full')
    const { record } = merge
    expect(record.bytes.toString('latin1', record.keyStart, record.keyEnd)).toBe(
      encodeKey(long).toString('latin1'),
    )
    // The block that it stands in, and the key itself.
    expect(outsideHeapBytes() - before).toBeGreaterThan(6_000_000)
    merge.close()
    expect(outsideHeapBytes()).toBe(before)
    merge.close()
    expect([outsideHeapBytes(), closed.length]).toEqual([before, 1])
  })
})
