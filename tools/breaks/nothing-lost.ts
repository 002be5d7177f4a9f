import type { BrokenPromise } from './break.ts'

const simulator = { file: 'test/simulator/simulator.test.ts', name: 'commit each task once, lose nothing' }
const killed = (name: string) => ({ file: 'test/crash/killed-coordinator.test.ts', name })
const stale = { file: 'test/cli/explain.test.ts', name: 'uses nothing stale' }
const changedMeanwhile = (name: string) => ({ file: 'test/cli/side-files.test.ts', name })
const damagedSpill = {
  file: 'test/crash/lost-output.test.ts',
  name: 'does the one task again whose spill is damaged: a flipped bit',
}

export const nothingLost: BrokenPromise = {
  number: 3,
  promise: 'Nothing done twice, nothing lost',
  breaks: [
    {
      name: 'commit-twice',
      what: 'an attempt that comes after another one was committed is committed as well',
      file: 'src/run/state/settle.ts',
      text: 'if (!isAtWork(state, task, attempt)) return [discard, settleLate(state, ended)]',
      replacement: 'if (attempt < 0) return [discard, settleLate(state, ended)]',
      noticedBy: [simulator],
    },
    {
      name: 'journal-before-rename',
      what: 'a commit is journaled before its files are in their place',
      file: 'src/run/state/settle.ts',
      text: "return [{ kind: 'commit', attemptId: id, task }, ...committed, ...endOthers(state, task, attempt)]",
      replacement:
        "return [...committed, { kind: 'commit', attemptId: id, task }, ...endOthers(state, task, attempt)]",
      noticedBy: [simulator],
    },
    {
      name: 'no-commit',
      what: 'a commit is journaled and its files are left where the attempt wrote them',
      file: 'src/run/journal/book.ts',
      text: '        this.directory.commitAttempt(step.attemptId, step.task)\n',
      replacement: '',
      noticedBy: [
        { file: 'test/digest/one-digest.test.ts', name: 'is over what the job makes of all lines in order' },
      ],
    },
    {
      name: 'spill-crc',
      what: 'the CRC-32 of a block of a spill is not compared',
      file: 'src/record/record-file-reader.ts',
      text: 'if (crc !== this.header.readUInt32LE(0)) {',
      replacement: 'if (crc < 0) {',
      noticedBy: [damagedSpill],
    },
    {
      name: 'journal-crc',
      what: 'a line of the journal is believed whatever its checksum',
      file: 'src/run/journal/journal.ts',
      text: "return line[checksumLength] === ' ' && checksum(json, before) === line.slice(0, checksumLength)",
      replacement: "return line[checksumLength] === ' ' && json.endsWith('}') && before !== line",
      noticedBy: [
        { file: 'test/crash/damaged-journal.test.ts', name: 'does again what the lost lines told of' },
      ],
    },
    {
      name: 'half-line-kept',
      what: 'the next line of the journal is joined to the half line that a crash left',
      file: 'src/run/reopen.ts',
      text: '  truncateSync(file, wholeBytes)\n',
      replacement: '  void truncateSync\n',
      noticedBy: [{ file: 'src/run/reopen.test.ts', name: 'cuts off the half line that a crash left' }],
    },
    {
      name: 'stale-code',
      what: 'what other code of the job wrote is used again',
      file: 'src/run/store/task-identity.ts',
      text: 'hashOf([1, tallyman, around, codeSha256,',
      replacement: 'hashOf([1, tallyman, around,',
      noticedBy: [stale],
    },
    {
      name: 'stale-params',
      what: 'what was written with other parameters is used again',
      file: 'src/run/store/task-identity.ts',
      text: 'parts.params, partitions, parts.inputs])',
      replacement: 'partitions, parts.inputs])',
      noticedBy: [stale],
    },
    {
      name: 'stale-input',
      what: 'what was written of an input that has changed since is used again',
      file: 'src/run/store/kept-files.ts',
      text: 'return [sizeBytes, mtimeNs, ctimeNs, inode]',
      replacement: 'return [typeof sizeBytes, typeof mtimeNs, typeof ctimeNs, typeof inode]',
      noticedBy: [stale],
    },
    {
      name: 'keep-of-another',
      what: 'what was made of a file that was put in the place of an input is kept as if it were of that',
      file: 'src/run/store/kept-outputs.ts',
      text: '    if (!task.splits.every((split) => isAsPlanned(split, this.#cwd))) return\n',
      replacement: '    void [isAsPlanned, this.#cwd]\n',
      noticedBy: [
        {
          file: 'test/cli/explain.test.ts',
          name: 'uses nothing that was made of another file of the same size and time',
        },
      ],
    },
    {
      name: 'keep-the-first',
      what: 'what a later run made anew is not kept where something was kept before',
      file: 'src/run/store/store.ts',
      text: 'return kept === JSON.stringify(shiftReport(report, -firstOrdinalOf(task)))',
      replacement:
        "return kept === JSON.stringify(shiftReport(report, -firstOrdinalOf(task))) || kept !== ''",
      noticedBy: [{ file: 'test/cli/explain.test.ts', name: 'uses what the latest run made' }],
    },
    {
      name: 'stale-side-file',
      what: 'what was made with another file that the job reads itself is used again',
      file: 'src/run/store/store.ts',
      text: 'return this.#sideFiles.get(path) === identity',
      replacement: "return this.#sideFiles.get(path) === identity || path !== ''",
      noticedBy: [
        {
          file: 'test/cli/explain.test.ts',
          name: 'uses nothing that was made with another file that the job reads itself',
        },
      ],
    },
    {
      name: 'side-file-of-elsewhere',
      what: 'what was made with a file by a relative path is used again from another folder',
      file: 'src/run/store/store.ts',
      text: 'last.seenFrom !== undefined && last.seenFrom !== task.seenFrom',
      replacement: "last.seenFrom !== undefined && task.seenFrom === ''",
      noticedBy: [changedMeanwhile('what was made of a file by a relative path is used again')],
    },
    {
      name: 'side-file-looked-at-once',
      what: 'a file that the job reads for each record may change between two of them',
      file: 'src/executor/worker/side-files.ts',
      text: 'else if (!known.isChangedByJob) lookAgain(path, known)',
      replacement: "else if (path === '') lookAgain(path, known)",
      noticedBy: [changedMeanwhile('leaves the run without a result where that is between two records')],
    },
    {
      name: 'side-file-of-reducers',
      what: 'a file that the job reads may be another one for its reducers than for its map',
      file: 'src/run/state/decide.ts',
      text: "return fault === null ? { kind: 'rest' } : { kind: 'fail', fault }",
      replacement:
        "return fault === null || fault.message !== '' ? { kind: 'rest' } : { kind: 'fail', fault }",
      noticedBy: [
        changedMeanwhile('leaves it without one where that is in the reduce stage'),
        changedMeanwhile('leaves it without one where that is between a crash'),
      ],
    },
    {
      name: 'lock-not-taken',
      what: 'a run is resumed although another process is at work on it',
      file: 'src/run/reopen.ts',
      text: '  takeLock(directory)\n  try {',
      replacement: '  try {',
      noticedBy: [
        { file: 'test/control/detach.test.ts', name: 'leaves no worker when its process is killed' },
      ],
    },
    {
      name: 'target-not-taken',
      what: 'two runs may write to one place at once',
      file: 'src/run/directory/lock.ts',
      text: '    take(targetLockFolder(target), (holder) => targetHeldBy(target, holder))\n',
      replacement: '    makeFolder(targetLockFolder(target))\n    void targetHeldBy\n',
      noticedBy: [
        { file: 'test/control/target.test.ts', name: 'refuses a place that another run is at work on' },
      ],
    },
    {
      name: 'result-in-place',
      what: 'a result grows in its place, where its half can be taken for the whole',
      file: 'src/result/write-result.ts',
      text: "  const staging = besideTarget(target, run.id, 'new')\n",
      replacement: '  const staging = `${target}`\n',
      noticedBy: [killed('while it writes the result leaves nothing that looks like one')],
    },
    {
      name: 'foreign-result-overwritten',
      what: 'the result of another job is written over',
      file: 'src/result/target.ts',
      text: "if (manifest.job.file !== jobFile) throw refusal('is the result of another job')",
      replacement: "if (manifest.job.file === '') throw refusal('is the result of another job')",
      noticedBy: [{ file: 'test/cli/run.test.ts', name: 'tallyman run -o' }],
    },
    {
      name: 'spill-written-over',
      what: 'the second spill of a task is written over the first',
      file: 'src/flow/spill.ts',
      text: 'const name = `s${options.round}.spill`',
      replacement: 'const name = `s${options.round * 0}.spill`',
      noticedBy: [{ file: 'test/hostile/open-files.test.ts', name: 'a merge of many spills' }],
    },
    {
      name: 'result-not-synced',
      what: 'a result is renamed into its place before its bytes are on the disk',
      file: 'src/result/write-result.ts',
      text: '    for (const { file } of tables) sync(join(staging, file))\n',
      replacement: '',
      noticedBy: [{ file: 'test/crash/synced.test.ts', name: 'the result: its files are on the disk' }],
    },
    {
      name: 'plan-not-synced',
      what: 'a plan is renamed into its place before its bytes are on the disk',
      file: 'src/run/directory/durable.ts',
      text: '    fsyncSync(fd)\n  } finally {\n    closeSync(fd)\n  }\n  renameSync(`${path}.new`, path)\n',
      replacement: '  } finally {\n    closeSync(fd)\n  }\n  renameSync(`${path}.new`, path)\n',
      noticedBy: [{ file: 'test/crash/synced.test.ts', name: 'plan.json: its bytes are on the disk' }],
    },
    {
      name: 'journal-not-synced',
      what: 'what a result could be made from again is removed before the journal says on the disk that it is there',
      file: 'src/run/journal/book.ts',
      text: '    this.#journal.sync()\n',
      replacement: '',
      noticedBy: [{ file: 'test/crash/synced.test.ts', name: 'the journal: it says on the disk' }],
    },
    {
      name: 'done-again',
      what: 'a run that goes on does again what was done',
      file: 'src/run/state/task-state.ts',
      text: "return task.kind === 'done' ? { ...task, ...trouble } : { ...untried, attempts, ...trouble }",
      replacement: 'return { ...untried, attempts, ...trouble }',
      noticedBy: [killed('in the reduce stage has every map task kept')],
    },
    {
      name: 'counter-lost',
      what: 'a counter that several tasks count has what the last one counted',
      file: 'src/run/state/totals.ts',
      text: 'counters.set(name, (counters.get(name) ?? 0) + by)',
      replacement: 'counters.set(name, by)',
      noticedBy: [
        { file: 'test/digest/one-digest.test.ts', name: 'is over what the job makes of all lines in order' },
      ],
    },
    {
      name: 'counter-of-a-rejected-record',
      what: 'what a record counted before it was rejected stays counted',
      file: 'src/flow/map-context.ts',
      text: '    this.#pending.length = 0\n',
      replacement: '    this.keepCounters()\n',
      noticedBy: [{ file: 'src/flow/map-task.test.ts', name: 'drops what a record emitted and counted' }],
    },
    {
      name: 'emits-of-a-rejected-record',
      what: 'what a record emitted before it was rejected stays emitted',
      file: 'src/flow/map-task.ts',
      text: '    this.#combiner.drop()\n',
      replacement: '    this.#combiner.fold(() => String(error))\n',
      noticedBy: [{ file: 'src/flow/map-task.test.ts', name: 'drops what a record emitted and counted' }],
    },
    {
      name: 'disk-fault-of-a-record',
      what: 'where a disk fails at a spill, the record at hand is rejected and the task goes on',
      file: 'src/flow/map-task.ts',
      text: "    // What fails here, a reducer or a disk, is none of the record's doing.\n    this.#recordDone(reader)\n",
      replacement:
        '    try {\n      this.#recordDone(reader)\n    } catch (error) {\n      this.#recordThrew(reader, error)\n    }\n',
      noticedBy: [
        { file: 'src/flow/map-task.test.ts', name: 'cannot be spilled, and does not reject the record' },
      ],
    },
    {
      name: 'default-of-yesterday',
      what: 'what was made with another default of a parameter is used again',
      file: 'src/run/store/task-identity.ts',
      text: 'hashOf([typed, JSON.parse(plainJson(resolved))])',
      replacement: 'hashOf([typed, plainJson(null)])',
      noticedBy: [
        { file: 'test/cli/defaults.test.ts', name: 'uses nothing that was made with another default' },
      ],
    },
    {
      name: 'mixed-after-a-loss',
      what: 'an input that parts of the result were made without is read for the others once it is back',
      file: 'src/run/state/state.ts',
      text: 'state.mapStageEnded || isAnyReduced(state) ? state : lookedForAgain(state)',
      replacement: 'state.mapStageEnded ? state : lookedForAgain(state)',
      noticedBy: [
        { file: 'src/run/state/state.test.ts', name: 'unless parts of the result were made without it' },
      ],
    },
  ],
}
