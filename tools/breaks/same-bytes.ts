import type { BrokenPromise } from './break.ts'

const oneDigest = (name: string) => ({ file: 'test/digest/one-digest.test.ts', name })

export const sameBytes: BrokenPromise = {
  number: 1,
  promise: 'Same bytes',
  breaks: [
    {
      name: 'reorder-ties',
      what: 'a merge gives equal keys in the opposite order of their files',
      file: 'src/flow/merge.ts',
      text: 'return order === 0 ? a.place < b.place : order < 0',
      replacement: 'return order === 0 ? a.place > b.place : order < 0',
      noticedBy: [oneDigest('is over what the job makes of all lines in order')],
    },
    {
      name: 'reorder-narrowed',
      what: 'files that were merged before the last merge stand before their neighbours',
      file: 'src/flow/merge.ts',
      text: 'next.push(merged.spill)',
      replacement: 'next.unshift(merged.spill)',
      noticedBy: [{ file: 'src/flow/merge.test.ts', name: 'gives each key once, in order' }],
    },
    {
      name: 'drop-last-spill',
      what: 'what is left in memory at the end of a map task is not spilled',
      file: 'src/flow/combiner.ts',
      text: '  finish(): readonly Spill[] {\n    this.#spill()\n',
      replacement: '  finish(): readonly Spill[] {\n',
      noticedBy: [oneDigest('is over what the job makes of all lines in order')],
    },
    {
      name: 'spills-out-of-order',
      what: 'a reduce task merges the spills of the last map task first',
      file: 'src/run/work.ts',
      text: 'for (const [index, task] of map.entries()) {',
      replacement: 'for (const [index, task] of [...map.entries()].reverse()) {',
      noticedBy: [oneDigest('is over what the job makes of all lines in order')],
    },
    {
      name: 'inputs-as-named',
      what: 'inputs are read in the order in which they were named',
      file: 'src/input/discover/discover.ts',
      text: '  files.sort((left, right) => comparePathBytes(left.place, right.place))\n',
      replacement: '',
      noticedBy: [oneDigest('one by one, in any order')],
    },
    {
      name: 'line-in-two-splits',
      what: 'a line that crosses the end of a byte range is read by both ranges',
      file: 'src/input/split-lines.ts',
      text: 'return { firstByte: Math.max(0, startByte - 1), skipFirst: startByte > 0, endByte: split.endByte }',
      replacement: 'return { firstByte: startByte, skipFirst: false, endByte: split.endByte }',
      noticedBy: [oneDigest('is the same with --split 4097')],
    },
    {
      name: 'line-in-no-split',
      what: 'a line that begins with a byte range is read by no range',
      file: 'src/input/split-lines.ts',
      text: 'firstByte: Math.max(0, startByte - 1), skipFirst',
      replacement: 'firstByte: startByte, skipFirst',
      noticedBy: [
        { file: 'src/input/open-split.test.ts', name: 'any cutting into ranges gives the records' },
      ],
    },
    {
      name: 'float-sums',
      what: 'what rounding loses of a sum of doubles is forgotten',
      file: 'src/job/reducers/exact.ts',
      text: 'return Number.isFinite(sum) ? [error, total] : sum',
      replacement: 'return Number.isFinite(sum) ? total : sum',
      noticedBy: [oneDigest('is the same with --split')],
    },
    {
      name: 'random-by-the-clock',
      what: 'ctx.random() is not seeded by the position of the record',
      file: 'src/flow/map-context.ts',
      text: 'const seed = Buffer.from(`${this.#source?.path}\\0${this.#source?.member}\\0${byte}`)',
      replacement: 'const seed = Buffer.from(`${Math.random()}`)',
      noticedBy: [
        { file: 'test/digest/gzip-parts.test.ts', name: 'has one digest, in parts and as a whole: members' },
      ],
    },
    {
      name: 'random-by-split',
      what: 'ctx.random() is seeded by the place of the record in its split',
      file: 'src/flow/map-context.ts',
      text: 'const byte = this.#reader?.startByte ?? 0',
      replacement: 'const byte = this.#reader?.line ?? 0',
      noticedBy: [
        { file: 'test/digest/gzip-parts.test.ts', name: 'has one digest, in parts and as a whole: members' },
      ],
    },
    {
      name: 'rows-out-of-order',
      what: 'rows of several partitions are not in the order of their keys',
      file: 'src/result/part-rows.ts',
      text: 'if (this.low !== other.low) return this.low < other.low',
      replacement: 'if (this.low !== other.low) return this.low > other.low',
      noticedBy: [
        { file: 'test/digest/row-lines.test.ts', name: 'gives the same lines in a kernel and without' },
      ],
    },
    {
      name: 'emits-out-of-turn',
      what: 'what one record emits is folded last first',
      file: 'src/flow/combiner.ts',
      text: 'for (let index = 0; index < count; index++) {',
      replacement: 'for (let index = count - 1; index >= 0; index--) {',
      noticedBy: [{ file: 'src/flow/test-job.test.ts', name: 'keeps what one record emits in its turn' }],
    },
    {
      name: 'reuse-without-shift',
      what: 'of what an earlier run kept, the totals are put down to other inputs',
      file: 'src/run/store/store-entry.ts',
      text: 'ordinal: source.ordinal + by',
      replacement: 'ordinal: source.ordinal',
      noticedBy: [{ file: 'test/cli/explain.test.ts', name: 'maps only the new day' }],
    },
    {
      name: 'default-of-each-worker',
      what: 'each worker maps with its own default of a parameter',
      file: 'src/executor/worker/params.ts',
      text: 'if (resolved !== undefined && resolved.encodedParams !== null) {',
      replacement: "if (resolved?.encodedParams === '') {",
      noticedBy: [
        {
          file: 'test/cli/defaults.test.ts',
          name: 'asks for a default once, whatever it is made of',
        },
      ],
    },
  ],
}
