/** Of runs of up to so many map tasks everything is kept: it takes them no time to speak of. */
const tasksMax = 256
/** What was written in less is made again in about the time that keeping it, finding it and putting it in its place take. */
const tookMsMin = 10

/**
 * Is what a map task wrote worth keeping for later runs? Of a run of many tasks it is not where it was made in no time: each that is kept is
 * four entries of the file system (inodes), which others on the machine need as well. Pure.
 *
 * @param tasks how many map tasks the run has
 * @param tookMs what the task took, by the clock; null where that is not known
 */
export function isWorthKeeping(tasks: number, tookMs: number | null): boolean {
  return tasks <= tasksMax || tookMs === null || tookMs >= tookMsMin
}
