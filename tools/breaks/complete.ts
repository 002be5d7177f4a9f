import type { BrokenPromise } from './break.ts'

const homework = (defect: string) => ({
  file: 'examples/twitter/run.test.ts',
  name: `commits nothing over an archive with a defect: ${defect}`,
})
const damagedGzip = {
  file: 'test/conformance/unreadable.test.ts',
  name: 'are named, all of them, each with the byte it is damaged at',
}
const refused = (name: string) => ({ file: 'test/cli/refused.test.ts', name })

export const complete: BrokenPromise = {
  number: 2,
  promise: 'Complete or loudly not',
  breaks: [
    {
      name: 'zip-crc-of-short-members',
      what: 'the CRC-32 of a zip member that fits into one chunk is not compared',
      file: 'src/input/source/inflate-exactly.ts',
      text: 'return isExact && crc32(buffer) === expectedCrc32 ? buffer : null',
      replacement: 'return isExact && crc32(buffer) !== -1 - expectedCrc32 ? buffer : null',
      noticedBy: [homework('bad-crc')],
    },
    {
      name: 'zip-crc-of-long-members',
      what: 'the CRC-32 of any other zip member is not compared',
      file: 'src/input/source/zip-member.ts',
      text: 'if (this.#crc32 !== this.#split.crc32) {',
      replacement: 'if (this.#crc32 < 0) {',
      noticedBy: [{ file: 'src/input/source/zip-member.test.ts', name: '' }],
    },
    {
      name: 'gzip-crc',
      what: 'the CRC-32 of a gzip member is not compared',
      file: 'src/input/source/gzip.ts',
      text: 'if (crc !== this.#memberCrc32) {',
      replacement: 'if (crc < 0) {',
      noticedBy: [damagedGzip],
    },
    {
      name: 'damage-passed-over',
      what: 'an archive that is damaged in its middle counts as read to its end',
      file: 'src/flow/map-task.ts',
      text: '      this.#damaged.push({ ordinal: source.ordinal, fault: toFault(error) })\n',
      replacement: '',
      noticedBy: [damagedGzip, homework('truncated-zip')],
    },
    {
      name: 'half-a-line',
      what: 'a last line without its end that does not decode is passed over',
      file: 'src/input/line-reader.ts',
      text: 'return this.#reject(cutter.unfinished ? cutOff(error) : error)',
      replacement: 'if (cutter.unfinished) continue\n        return this.#reject(error)',
      noticedBy: [homework('half-line')],
    },
    {
      name: 'swallow-undecodable',
      what: 'a line that the decoder refuses is passed over',
      file: 'src/flow/map-task.ts',
      text: "          this.#reject(reader, { reason: message, atByte, by: 'decoder' })\n",
      replacement: '          void [message, atByte]\n',
      noticedBy: [homework('bad-line'), homework('bad-utf8')],
    },
    {
      name: 'swallow-a-throw',
      what: 'a record at which the map throws is passed over',
      file: 'src/flow/map-task.ts',
      text: '    this.#reject(reader, why)\n',
      replacement: '',
      noticedBy: [refused('ends with 3, commits nothing, and names every rejected record')],
    },
    {
      name: 'half-read-as-input',
      what: 'half a result that a killed run has left among inputs is read as one of them',
      file: 'src/result/beside-target.ts',
      text: 'join(dirname(target), `.${basename(target)}.${runId}.${what}`)',
      replacement: 'join(dirname(target), `${basename(target)}.${runId}.${what}`)',
      noticedBy: [
        {
          file: 'test/crash/killed-coordinator.test.ts',
          name: 'while it writes the result among its inputs leaves nothing that the same command reads',
        },
      ],
    },
    {
      name: 'one-bad-record-more',
      what: 'one rejected record more is tolerated than was said',
      file: 'src/run/state/judge.ts',
      text: 'rejected <= limit.count :',
      replacement: 'rejected <= limit.count + 1 :',
      noticedBy: [refused('is refused again while too little is tolerated')],
    },
    {
      name: 'gaps-unseen',
      what: 'the days that lack in a series are not looked for',
      file: 'src/input/discover/series.ts',
      text: 'problems: [...rivals, ...doubles, ...gaps]',
      replacement: 'problems: [...rivals, ...doubles, ...gaps.slice(gaps.length)]',
      noticedBy: [{ file: 'examples/twitter/run.test.ts', name: 'names a missing day' }],
    },
    {
      name: 'empty-after-reading',
      what: 'a file of a series that turns out to hold no record is as good as any',
      file: 'src/run/state/judge.ts',
      text: '  if (!totals.some(holds)) return []\n',
      replacement: '  if (totals.some(holds)) return []\n',
      noticedBy: [{ file: 'src/run/state/judge.test.ts', name: '' }],
    },
    {
      name: 'accepted-is-complete',
      what: 'the manifest says complete though an input is missing that was accepted',
      file: 'src/result/write-result.ts',
      text: 'complete: shortfalls.length === 0,',
      replacement: 'complete: shortfalls.length >= 0,',
      noticedBy: [refused('says in every place that the result is incomplete')],
    },
    {
      name: 'accept-anything',
      what: 'accepting one input by name accepts all of them',
      file: 'src/input/discover/accepted.ts',
      text: "return accepted.some((name) => names.has(name.replace(/^(\\.\\/+)+/, '')) || names.has(name))",
      replacement: 'return accepted.length > 0 && names.size > 0',
      noticedBy: [
        refused('refuses the name of nothing'),
        { file: 'src/run/reopen.test.ts', name: 'finishes a refused run without what is accepted' },
      ],
    },
    {
      name: 'refused-is-success',
      what: 'a run that was not committed ends with exit code 0',
      file: 'src/cli/exit-codes.ts',
      text: 'incomplete: 3,',
      replacement: 'incomplete: 0 as 3,',
      noticedBy: [homework('bad-line')],
    },
    {
      name: 'picture-without-its-lack',
      what: 'a chart does not say what its result lacks',
      file: 'src/result/chart/shortfalls.ts',
      text: 'if (inputs.length > 0) {',
      replacement: 'if (inputs.length > 1_000_000) {',
      noticedBy: [{ file: 'test/cli/plot.test.ts', name: 'draws in the terminal' }],
    },
    {
      name: 'changed-under-way',
      what: 'an input that was written to after the run was planned is read all the same',
      file: 'src/input/source/opened-file.ts',
      text: 'if (String(mtimeNs) !== this.#identity.mtimeNs) {',
      replacement: "if (String(mtimeNs) === '') {",
      noticedBy: [
        {
          file: 'src/input/open-split.test.ts',
          name: 'a file that grew or was touched before opening is input-changed',
        },
      ],
    },
    {
      name: 'rejected-list-lost',
      what: 'the list of rejected records leaves out those of the first task',
      file: 'src/run/directory/rejected-list.ts',
      text: 'if (records.length === 0) continue',
      replacement: 'if (records.length === 0 || index === 0) continue',
      noticedBy: [refused('ends with 3, commits nothing, and names every rejected record')],
    },
  ],
}
