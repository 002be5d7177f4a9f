import { join } from 'node:path'
import { TallymanError } from '../errors.ts'
import type { Decoder, InputFormat } from '../job/index.ts'
import { FileReader } from './file-reader.ts'
import { LineReader } from './line-reader.ts'
import type { ByteChunks } from './source/byte-chunks.ts'
import { gzipChunks } from './source/gzip.ts'
import type { IndexOrder } from './source/gzip-indexer.ts'
import { OpenedFile } from './source/opened-file.ts'
import { plainChunks } from './source/plain.ts'
import { openZipMember } from './source/zip-member.ts'
import type { Split } from './split.ts'
import { SplitBytes } from './split-bytes.ts'
import type { SplitReader } from './split-reader.ts'

export type { SplitReader } from './split-reader.ts'

/** Large enough that what a chunk costs is nothing, small enough to stay in a core's cache. */
const chunkBytesDefault = 1024 * 1024

/** How a split is opened; results do not depend on it. */
interface OpenOptions {
  /** How much is read or inflated at a time, default 1 MiB. */
  readonly chunkBytes?: number | undefined
  /** What a relative path is relative to; default the current directory, which a job may change. */
  readonly cwd?: string
  /** Folder where the indexes of gzip files are by their names; a part that has its cuts from one is damaged without. */
  readonly indexFolder?: string
  /** Has an index written of a whole gzip file; of any other split there is none. */
  readonly index?: IndexOrder | null
}

/**
 * Opens a split for reading. The reader holds one open file and a few chunks; call its `close` in any case.
 *
 * @throws {TallymanError} `input-missing`, `input-changed` when the file is not the one that was planned,
 *   `input-damaged` or `input-unsupported` when an archive member cannot be read
 */
export async function openSplit<R>(
  split: Split,
  format: InputFormat<R>,
  decoder: Decoder<R>,
  options: OpenOptions = {},
): Promise<SplitReader<R>> {
  const file = await OpenedFile.open(split.path, split.identity, options.cwd ?? '')
  const bytes = new SplitBytes(split, file)
  try {
    bytes.chunks = await openChunks(split, file, options)
    return format.unit === 'line'
      ? new LineReader(split, bytes, decoder, format.recordBytesMax)
      : new FileReader(requireWhole(split), bytes, decoder, format.recordBytesMax)
  } catch (error) {
    await bytes.close()
    throw bytes.explain(error, 0, null)
  }
}

async function openChunks(
  split: Split,
  file: OpenedFile,
  { chunkBytes = chunkBytesDefault, indexFolder = '', index = null }: OpenOptions,
): Promise<ByteChunks> {
  switch (split.kind) {
    case 'range':
      return plainChunks(file, split, chunkBytes)
    case 'gzip':
      return split.part === undefined
        ? gzipChunks(file, { start: null, end: null }, { chunkBytes, index })
        : gzipChunks(file, split.part, { chunkBytes, indexFile: join(indexFolder, split.part.index ?? '') })
    case 'zip-member':
      return openZipMember(file, split, chunkBytes)
  }
}

function requireWhole(split: Split): Split {
  const isPart =
    (split.kind === 'range' && (split.startByte !== 0 || split.endByte !== split.identity.sizeBytes)) ||
    (split.kind === 'gzip' && split.part !== undefined)
  if (isPart) {
    throw new TallymanError(
      'internal',
      `${split.path}: a format that takes whole files was given a part of one.`,
    )
  }
  return split
}
