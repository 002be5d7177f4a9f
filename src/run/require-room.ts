import { TallymanError } from '../errors.ts'
import { readLimits, roomForProcesses } from '../host/index.ts'
import { threadsUsual } from './workers.ts'

/** Files the coordinator has open besides the lines to its workers; a worker that merges has no more. */
const openFilesBase = 96
/**
 * Node takes more addresses than memory, and so does what bundles the job: with fewer than this they end in the middle of something, or go round and round in
 * search of more.
 */
const addressBytesLeast = 3 * 2 ** 30
/** Lines to a worker and its guard, and its log. */
const openFilesEach = 8

/**
 * A limit on processes that is met in the middle of a run locks its user out, and one on open files makes everything fail in
 * some place of its own: they are looked at before.
 */
export function requireRoom(workers: number, limits = readLimits()): void {
  const openFiles = openFilesBase + workers * openFilesEach
  if (limits.openFilesMax !== null && limits.openFilesMax < openFiles)
    throw new TallymanError(
      'limit-reached',
      `A process may have ${limits.openFilesMax} files open here, too few for a run with ${workers} workers.`,
      { wayOut: `Allow ${openFiles} or more: ulimit -n ${openFiles}` },
    )
  if (limits.addressBytesMax !== null && limits.addressBytesMax < addressBytesLeast)
    throw new TallymanError(
      'limit-reached',
      `A process may have ${Math.floor(limits.addressBytesMax / 2 ** 20)} MiB of addresses here, too few for a run, which takes more of them than of memory.`,
      { wayOut: 'Bound its memory with --memory instead: ulimit -v unlimited' },
    )
  const { processes, boundBy } = roomForProcesses(threadsUsual, limits)
  if (boundBy === null || processes >= workers) return
  throw new TallymanError(
    'limit-reached',
    `${workers} workers do not fit: ${boundBy.of} may have ${boundBy.threadsMax} threads and has ${boundBy.threadsNow}.`,
    {
      wayOut:
        processes > 0 ? `Say --workers ${processes}, or end other processes.` : 'End other processes first.',
    },
  )
}
