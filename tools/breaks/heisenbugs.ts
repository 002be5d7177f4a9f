import type { BrokenPromise } from './break.ts'

/** There is no `tallyman check` yet; this is what is promised of it already. */
export const heisenbugs: BrokenPromise = {
  number: 5,
  promise: 'A heisenbug is found before it costs a day',
  breaks: [
    {
      name: 'other-bytes-unseen',
      what: 'a task that runs again and gives other bytes goes unseen',
      file: 'src/run/state/compare-attempts.ts',
      text: 'if (JSON.stringify(now) === JSON.stringify(before)) return null',
      replacement: 'if (now.length === before.length) return null',
      noticedBy: [
        {
          file: 'test/crash/lost-output.test.ts',
          name: 'ends the run when a task that runs again gives other bytes',
        },
      ],
    },
    {
      name: 'first-attempt-forgotten',
      what: 'what an attempt wrote is forgotten when it is lost, so that the next one may write anything',
      file: 'src/run/state/task-state.ts',
      text: 'trouble: { ...trouble, earlier: report, wasKept, losses: trouble.losses + 1 },',
      replacement:
        'trouble: { ...trouble, earlier: null, wasKept, losses: trouble.losses + (report === null ? 0 : 1) },',
      noticedBy: [
        {
          file: 'test/crash/lost-output.test.ts',
          name: 'ends the run when a task that runs again gives other bytes',
        },
      ],
    },
    {
      name: 'late-emit-lost',
      what: 'what is emitted after its map has returned is lost without a word',
      file: 'src/flow/map-task.ts',
      text: '    if (late !== null) throw late\n',
      replacement: '    void late\n',
      noticedBy: [{ file: 'test/hostile/unawaited.test.ts', name: 'end the run, and commit nothing' }],
    },
    {
      name: 'pool-not-awaited',
      what: 'what zlib, crypto and WebAssembly have under way after the last record is not waited for',
      file: 'src/executor/worker/unawaited.ts',
      text: ': await whenIdle(this.#channel, this.#patienceMs)',
      replacement: ': await whenGone(before, this.#patienceMs)',
      noticedBy: [
        { file: 'test/hostile/unawaited.test.ts', name: 'end the run, and commit nothing: after a deflate' },
      ],
    },
    {
      name: 'late-after-task',
      what: 'what is emitted when its task has ended is lost without a word',
      file: 'src/executor/worker/worker-main.ts',
      text: '      if (this.#late !== null) throw this.#late.error\n',
      replacement: '',
      noticedBy: [
        { file: 'test/hostile/unawaited.test.ts', name: 'while another one is at work in the worker' },
      ],
    },
    {
      name: 'late-output-used',
      what: 'what a task wrote whose map emitted something when it had ended is used by the next run',
      file: 'src/run/coordinator.ts',
      text: '    if (lateFrom !== undefined) return mapTaskOf(lateFrom)\n',
      replacement: '    if (lateFrom !== undefined && mapTaskOf(lateFrom) === null) return null\n',
      noticedBy: [
        { file: 'test/hostile/unawaited.test.ts', name: 'while another one is at work in the worker' },
      ],
    },
    {
      name: 'late-emit-taken',
      what: 'what is emitted after its map has returned counts with whatever record is at hand',
      file: 'src/flow/map-task.ts',
      text: 'if (!this.#context.isOpen || turn.isOver) throw this.#refuseLate(table)',
      replacement: 'if ((!this.#context.isOpen || turn.isOver) && table < 0) throw this.#refuseLate(table)',
      noticedBy: [{ file: 'test/hostile/unawaited.test.ts', name: 'after a timer' }],
    },
    {
      name: 'test-in-one-piece',
      what: 'testJob maps all records in one task, where no merge can go wrong',
      file: 'src/flow/test-job.ts',
      text: 'const mapTasks = 3',
      replacement: 'const mapTasks = 1',
      noticedBy: [{ file: 'src/flow/test-job.test.ts', name: 'keeps values in the order of the list' }],
    },
    {
      name: 'test-in-one-way',
      what: 'testJob takes a reducer whose result depends on how values are grouped',
      file: 'src/flow/test-job.ts',
      text: '  ways.check()\n',
      replacement: '',
      noticedBy: [{ file: 'src/flow/test-job.test.ts', name: 'shows a merge that is wrong' }],
    },
    {
      name: 'emit-not-copied',
      what: 'a value is kept as it was emitted, and changes with what the map does to it later',
      file: 'src/job/emit.ts',
      text: 'push(number, key, own)',
      replacement: 'push(number, key, value)',
      noticedBy: [{ file: 'src/flow/map-task.test.ts', name: 'keeps keys and values as they were emitted' }],
    },
    {
      name: 'shared-empty-state',
      what: 'a reducer whose keys share one state is taken',
      file: 'src/job/reducers/custom.ts',
      text: '  checkEmpty(definition)\n',
      replacement: '',
      noticedBy: [{ file: 'src/job/reducers/reducers.test.ts', name: '' }],
    },
    {
      name: 'chaos-content',
      what: 'chaos is content with any digest',
      file: 'src/cli/commands/chaos.ts',
      text: 'const isSame = result.digest === undisturbed',
      replacement: 'const isSame = result.digest !== null',
      noticedBy: [{ file: 'test/cli/chaos.test.ts', name: 'says that the digest is another one' }],
    },
  ],
}
