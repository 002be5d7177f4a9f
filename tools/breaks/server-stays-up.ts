import type { BrokenPromise } from './break.ts'

const deaths = (name: string) => ({ file: 'test/executors/processes.test.ts', name })

export const serverStaysUp: BrokenPromise = {
  number: 4,
  promise: 'The server stays up',
  breaks: [
    {
      name: 'strays-left',
      what: 'what a worker leaves behind is not looked for',
      file: 'src/executor/links/strays.ts',
      text: 'if (strays.length > 0) await',
      replacement: 'if (strays.length > 1_000_000) await',
      noticedBy: [
        {
          file: 'test/hostile/bombs.test.ts',
          name: 'ends them where the control groups of the kernel are out of reach',
        },
      ],
    },
    {
      name: 'container-half-started',
      what: 'what is left of a killed run is looked for without those containers that are just being started',
      file: 'src/host/containers/remove-containers.ts',
      text: 'const isStarting = isBeingStarted(run)',
      replacement: "const isStarting = isBeingStarted(run) && run === ''",
      noticedBy: [
        { file: 'test/containers/in-a-container.test.ts', name: 'while the next command has just seen none' },
        {
          file: 'src/run/containers/container-note.test.ts',
          name: 'looks until no client of the engine is there',
        },
      ],
    },
    // Nothing here lets a job take memory or processes without a bound: the machine that tests it is somebody's.
    {
      name: 'memory-given-twice',
      what: 'each worker may hold what all of them may hold together',
      file: 'src/run/resources.ts',
      text: 'Math.floor(forWorkers / workers) - workerBaseBytes[isolation])',
      replacement: 'Math.floor(forWorkers) - workerBaseBytes[isolation])',
      noticedBy: [{ file: 'src/run/resources.test.ts', name: 'shares out no more than the whole' }],
    },
    {
      name: 'too-little-memory',
      what: 'a run begins with less memory than its workers need',
      file: 'src/run/resources.ts',
      text: 'if (affordable < workers)',
      replacement: 'if (affordable < 0 * workers)',
      noticedBy: [{ file: 'src/run/resources.test.ts', name: 'refuses memory that is too little' }],
    },
    {
      name: 'heap-unbounded',
      what: 'a worker is told no limit of its heap',
      file: 'src/executor/heap-limits.ts',
      text: 'return [`${oldSpace}=${oldSpaceMiB}`, `${semiSpace}=${semiSpaceMiB}`]',
      replacement:
        'return [`${semiSpace}=${semiSpaceMiB}`].filter(() => oldSpace !== undefined && oldSpaceMiB > 0)',
      noticedBy: [{ file: 'test/executors/heap-limits.test.ts', name: '' }],
    },
    {
      name: 'loop-forever',
      what: 'an attempt that makes no progress is not ended',
      file: 'src/executor/pool/seat.ts',
      text: '      this.end(noProgressFault(stillMs)),\n',
      replacement: '      void noProgressFault(stillMs),\n',
      noticedBy: [deaths('is ended when it makes no progress, as at "!wait"')],
    },
    {
      name: 'one-worker-too-many',
      what: 'a run has a worker more than it said it would',
      file: 'src/executor/pool/pool.ts',
      text: 'Array.from({ length: options.seats }, (_, seat)',
      replacement: 'Array.from({ length: options.seats + 1 }, (_, seat)',
      noticedBy: [{ file: 'test/cli/bounds.test.ts', name: 'are no more than --dry-run says: process' }],
    },
    {
      name: 'log-unbounded',
      what: 'all that an attempt prints is kept',
      file: 'src/executor/links/attempt-log.ts',
      text: 'chunk.subarray(0, this.#bounds.headBytesMax - this.#headBytes)',
      replacement: 'chunk.subarray(0)',
      noticedBy: [
        { file: 'test/cli/logs.test.ts', name: 'keeps the first and the last of what never ends' },
        deaths('keeps the first and the last of what an attempt prints'),
      ],
    },
    {
      name: 'too-few-open-files',
      what: 'it is not looked whether enough files may be open before a run begins',
      file: 'src/run/require-room.ts',
      text: 'limits.openFilesMax < openFiles)',
      replacement: 'limits.openFilesMax < 0 * openFiles)',
      noticedBy: [{ file: 'test/hostile/open-files.test.ts', name: 'is done with as few as there can be' }],
    },
    {
      name: 'disk-filled',
      what: 'nobody looks whether the disk is nearly full',
      file: 'src/run/guard.ts',
      text: 'if (spare.bytes >= 0 && spare.files >= 0) return',
      replacement: 'if (spare.bytes >= Number.NEGATIVE_INFINITY) return',
      noticedBy: [{ file: 'test/crash/full-disk.test.ts', name: 'that others have nearly filled' }],
    },
    {
      name: 'not-nice',
      what: 'workers are as urgent as anybody',
      file: 'src/executor/links/node-process.ts',
      text: 'if (options.settings.isPolite) void makePolite(pid)',
      replacement: 'if (options.settings.isPolite && pid < 0) void makePolite(pid)',
      noticedBy: [
        { file: 'test/control/stands-back.test.ts', name: 'workers are nice, one of them is paused' },
      ],
    },
    {
      name: 'does-not-stand-back',
      what: 'no worker is paused while others need the machine',
      file: 'src/run/guard.ts',
      text: 'if (isPolite) this.#standBack()',
      replacement: 'if (isPolite && this.#looks < 0) this.#standBack()',
      noticedBy: [
        { file: 'test/control/stands-back.test.ts', name: 'workers are nice, one of them is paused' },
      ],
    },
    {
      name: 'death-without-record',
      what: 'a worker that dies takes its task with it again and again, since its record is not blamed',
      file: 'src/run/state/decide.ts',
      text: 'return deaths.has(code)',
      replacement: 'return deaths.has(code) && deaths.size === 0',
      noticedBy: [
        { file: 'test/hostile/deaths.test.ts', name: 'is rejected with the cause, and the run goes on' },
      ],
    },
    {
      name: 'death-without-log',
      what: 'a death leaves no record of how it came',
      file: 'src/executor/pool/seat.ts',
      text: "if (outcome.kind === 'failed') this.#recordDeath(attempt, assignment, outcome.fault)",
      replacement: "if (outcome.kind !== 'failed') this.#recordDeath(attempt, assignment, stoppedFault)",
      noticedBy: [{ file: 'test/hostile/flight-recorder.test.ts', name: 'the flight recorder' }],
    },
    {
      name: 'merge-opens-all',
      what: 'a merge opens all of its files at once',
      file: 'src/flow/merge.ts',
      text: 'export const mergeFilesMax = 64',
      replacement: 'export const mergeFilesMax = 1_000_000',
      noticedBy: [{ file: 'test/hostile/open-files.test.ts', name: 'a merge of many spills' }],
    },
  ],
}
