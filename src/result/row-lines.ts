import { statSync } from 'node:fs'
import { flowKernels } from '../executor/index.ts'
import { type FileToMerge, MergeKernel } from '../flow/index.ts'
import { openFinishedFile } from '../host/index.ts'
import { ByteWriter, RecordFileReader } from '../record/index.ts'
import { writeRowLine } from './canonical-row.ts'
import { PartMerge } from './part-rows.ts'

/** Lines of JSON, whole ones, that are valid until the next are asked for. */
export interface Lines {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly rows: number
}

/** Rows of a table, its partitions merged, as canonical lines: `{"key":…,"value":…}` in key order, many at a time. */
export interface RowLines {
  /** Null after the last ones. */
  next(): Lines | null
  close(): void
}

const lineBytesMin = 64 * 1024
/** With fewer bytes than this a kernel does not pay. */
const kernelBytesMin = 256 * 1024

/**
 * Opens all part files of a table. Where they are large a WebAssembly kernel merges them and writes the lines; they are the same.
 *
 * @param bytesMin how large they are then, together
 * @throws {TallymanError} `file-damaged` for a part file whose checksums are wrong, here or in `next`
 */
export function openRowLines(files: readonly string[], bytesMin = kernelBytesMin): RowLines {
  const bytes = files.reduce((sum, file) => sum + sizeOf(file), 0)
  const exports = bytes < bytesMin ? null : flowKernels.merge()
  return exports === null ? new PlainLines(new PartMerge(files)) : new KernelLines(exports, files)
}

class PlainLines implements RowLines {
  readonly #merge: PartMerge
  readonly #out = new ByteWriter(2 * lineBytesMin)

  constructor(merge: PartMerge) {
    this.#merge = merge
  }

  next(): Lines | null {
    const out = this.#out
    out.clear()
    let rows = 0
    while (out.length < lineBytesMin) {
      const row = this.#merge.next()
      if (row === null) break
      writeRowLine(out, row)
      rows += 1
    }
    return rows === 0 ? null : { bytes: out.buffer, start: 0, end: out.length, rows }
  }

  close(): void {
    this.#merge.close()
  }
}

function openPart(path: string): FileToMerge {
  const file = openFinishedFile(path, path)
  try {
    return { reader: new RecordFileReader(file, 'part'), close: file.close }
  } catch (error) {
    file.close()
    throw error
  }
}

class KernelLines implements RowLines {
  readonly #kernel: MergeKernel
  /** The row that the kernel left, and has not been given yet. */
  readonly #out = new ByteWriter()
  #isLeft = false
  #isEnd = false

  constructor(exports: object, files: readonly string[]) {
    this.#kernel = new MergeKernel(
      exports,
      files.map((file) => () => openPart(file)),
    )
  }

  next(): Lines | null {
    while (!this.#isEnd || this.#isLeft) {
      if (this.#isLeft) return this.#left()
      const kernel = this.#kernel
      kernel.exports.beginOut(0)
      const end = kernel.run(() => kernel.exports.mergeRows())
      this.#isEnd = end === 'end'
      this.#isLeft = end === 'other'
      const { bytes, start, end: endByte, records } = kernel.written
      if (records > 0) return { bytes, start, end: endByte, rows: records }
    }
    return null
  }

  #left(): Lines {
    this.#isLeft = false
    const out = this.#out
    out.clear()
    writeRowLine(out, this.#kernel.record)
    return { bytes: out.buffer, start: 0, end: out.length, rows: 1 }
  }

  close(): void {
    this.#kernel.close()
  }
}

/** What is wrong with a file that cannot be looked at is told by who opens it. */
function sizeOf(file: string): number {
  try {
    return statSync(file).size
  } catch {
    return 0
  }
}
