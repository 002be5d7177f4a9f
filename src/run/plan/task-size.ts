import { type Discovery, likelyGzipBytes } from '../../input/index.ts'
import type { RunOptions } from '../options.ts'

/** How inputs are cut and put together into tasks. */
export interface TaskSize {
  /** Longest byte range of a plain file. */
  readonly splitBytes: number
  /** The most that splits which share a task hold together, decompressed. */
  readonly packBytes: number
  /** Up to so many files, no two share a task. */
  readonly filesApartMax: number
}

/** Longest byte range of a plain file on this machine, where nothing was said, and the most that shares a task. */
const bytesHere = 32 * 2 ** 20
/** Up to so many files a task holds splits of one only: those of others stay what they were when one is added, and what was kept of them is used again. */
const filesApartHere = 1024

/**
 * On Spark to begin and end a task takes 20 to 40 ms of a core, as much as 20 MB of JSON: with more input tasks become larger first, up to this, and then
 * more.
 */
const bytesOnSparkMax = 256 * 2 ** 20
/** So many tasks are wanted before any is larger than here: the cores of a cluster are to have something to do. Nothing is kept of them, so files need not be apart. */
const tasksOnSpark = 64

/** The size of tasks over these inputs; depends on nothing else. The cut itself depends on the indexes of gzip files that earlier runs kept, too. Pure. */
export function taskSizeOf(
  { splitBytes, spark }: Pick<RunOptions, 'splitBytes' | 'spark'>,
  discovery: Pick<Discovery, 'files'>,
): TaskSize {
  const bytes =
    spark === null
      ? bytesHere
      : Math.min(bytesOnSparkMax, Math.max(bytesHere, Math.ceil(likelyBytesOf(discovery) / tasksOnSpark)))
  return {
    splitBytes: splitBytes ?? bytes,
    // `--split whole` means plain files: members of archives are no larger for it, nor are many packed into one task.
    packBytes: Math.min(splitBytes ?? bytes, bytes),
    filesApartMax: spark === null ? filesApartHere : tasksOnSpark,
  }
}

/**
 * The least data between two places at which a gzip file is cut; null where they are read as a whole: by formats that take files, and on Spark, where no task can
 * find out that what was planned as a part is none, and have another one read the file.
 */
export function gzipPartBytesOf(
  { splitBytes, spark }: Pick<RunOptions, 'splitBytes' | 'spark'>,
  unit: 'line' | 'file',
): number | null {
  return unit === 'line' && spark === null ? (splitBytes ?? bytesHere) : null
}

/** What the files hold, decompressed, as far as it is known before they are read. */
function likelyBytesOf({ files }: Pick<Discovery, 'files'>): number {
  return files.reduce((sum, { kind, identity: { sizeBytes }, members }) => {
    if (kind === 'gzip') return sum + likelyGzipBytes(sizeBytes)
    return sum + (kind === 'zip' ? members.reduce((all, one) => all + one.uncompressedBytes, 0) : sizeBytes)
  }, 0)
}
