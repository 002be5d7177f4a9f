/** Entry of a worker process. */
import { setFlagsFromString } from 'node:v8'
import { heapFlagNames, markAlone } from './heap-limits.ts'

/**
 * The heap has its limits by now, and V8 does not read these flags again. While they differ from what Node was built with, it compiles
 * each of its own modules anew as it is loaded, which takes 20 ms of CPU; so they are put away for as long as this program is loaded.
 * Threads that a job starts read them, and so do snapshots of the heap: they come back.
 */
const flags = process.execArgv.filter((flag) => heapFlagNames.some((name) => flag.startsWith(`${name}=`)))
for (const flag of flags) setFlagsFromString(flag.replace(/=.*/, '=0'))
await import('./worker/process-line.ts')
for (const flag of flags) setFlagsFromString(flag)
markAlone()
