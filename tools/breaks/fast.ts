import type { BrokenPromise } from './break.ts'

/** What a test can tell of speed without a clock: what is done, and how often. The times are the bench's. */
export const fast: BrokenPromise = {
  number: 6,
  promise: 'Fast',
  breaks: [
    {
      name: 'no-kernels',
      what: 'lines are scanned and amounts are folded without WebAssembly',
      file: 'src/wasm.ts',
      text: 'return new part.Instance(this.#module).exports',
      replacement: 'return part.Instance === undefined ? {} : null',
      noticedBy: [
        { file: 'src/flow/kernels.test.ts', name: 'are given a kernel here' },
        { file: 'src/input/scan/lazy-decoder.test.ts', name: 'has its kernel' },
      ],
    },
    {
      name: 'plain-files-in-one-piece',
      what: 'one core reads a plain file, however large it is',
      file: 'src/input/split-plan.ts',
      text: 'startByte < sizeBytes || startByte === 0; startByte += rangeBytesMax) {\n        const endByte = Math.min(sizeBytes, startByte + rangeBytesMax)',
      replacement:
        'startByte < sizeBytes || startByte === 0; startByte += sizeBytes + 1) {\n        const endByte = sizeBytes',
      noticedBy: [{ file: 'test/digest/one-digest.test.ts', name: 'is the same with --split 1K' }],
    },
    {
      name: 'gzip-in-one-piece',
      what: 'one core reads a gzip file of many members',
      file: 'src/input/split-plan.ts',
      text: 'if (cut.dataByte - (start?.dataByte ?? 0) < partBytes) continue',
      replacement: 'if (cut.dataByte - (start?.dataByte ?? 0) < partBytes || partBytes > 0) continue',
      noticedBy: [
        { file: 'test/digest/gzip-parts.test.ts', name: 'has one digest, in parts and as a whole: members' },
      ],
    },
    {
      name: 'no-index',
      what: 'no index is made of a gzip file of one member',
      file: 'src/input/index-name.ts',
      text: "split.kind === 'gzip' && split.part === undefined",
      replacement: "split.kind === 'gzip' && split.part !== undefined",
      noticedBy: [
        { file: 'test/digest/gzip-index.test.ts', name: 'and by its index in parts the second time' },
      ],
    },
    {
      name: 'nothing-kept',
      what: 'nothing is kept for later runs',
      file: 'src/run/store/kept-outputs.ts',
      text: '    this.#store.keep(task, { run: this.#run, folder: this.#folderOf(id), report })\n',
      replacement: '    void [folder, report]\n',
      noticedBy: [{ file: 'test/cli/explain.test.ts', name: 'maps only the new day' }],
    },
    {
      name: 'no-second-attempt',
      what: 'a task that is much slower than its peers is waited for',
      file: 'src/run/state/straggler.ts',
      text: 'if (!state.plan.speculates) return null',
      replacement: 'if (state.plan.attemptsMax > 0) return null',
      noticedBy: [{ file: 'src/run/state/straggler.test.ts', name: '' }],
    },
    {
      name: 'one-worker',
      what: 'a run has one worker, however many cores there are',
      file: 'src/run/resources.ts',
      text: 'Math.max(1, Math.min(machine.cores, affordable))',
      replacement: 'Math.max(1, Math.min(machine.cores, affordable, 1))',
      noticedBy: [{ file: 'src/run/resources.test.ts', name: 'takes a worker for each core' }],
    },
    {
      name: 'spill-too-soon',
      what: 'tables are spilled when they hold a thousandth of what they may',
      file: 'src/flow/combiner.ts',
      text: 'if (this.#heldBytes() > combineBytesMax) this.#relieve()',
      replacement: 'if (this.#heldBytes() > combineBytesMax / 1000) this.#spill()',
      noticedBy: [{ file: 'src/flow/kernels.test.ts', name: '' }],
    },
  ],
}
