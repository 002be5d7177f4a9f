import type { RangeSplit } from '../split.ts'
import type { ByteChunks } from './byte-chunks.ts'
import { FileSpan } from './file-span.ts'
import type { OpenedFile } from './opened-file.ts'

/**
 * The bytes in which a range's own lines lie: from the byte before it (whether that is a newline tells whose the first
 * line is) to the end of the file, read only as far as the last line needs.
 */
export function plainChunks(file: OpenedFile, split: RangeSplit, chunkBytes: number): ByteChunks {
  return new FileSpan(
    file,
    {
      startByte: Math.max(0, split.startByte - 1),
      wantedEndByte: split.endByte,
      endByte: file.sizeBytes,
    },
    chunkBytes,
  )
}
