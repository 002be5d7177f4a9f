/** Where Spark's master is, as `--master` says it. */

/** How many threads a master has that is a process of this machine alone; null for any other master. */
export function localThreads(master: string, cores: number): number | null {
  const match = /^local(?:\[(\*|\d+)(?:,\s*\d+)?\])?$/.exec(master)
  if (match === null) return null
  if (match[1] === undefined) return 1
  return match[1] === '*' ? cores : Math.max(1, Number(match[1]))
}

/** The master with the number of attempts a task has, which a local one is told in its name: it tries once otherwise. */
export function withAttempts(master: string, attempts: number): string {
  if (master === 'local') return `local[1,${attempts}]`
  return master.replace(/^local\[(\*|\d+)\]$/, `local[$1,${attempts}]`)
}
