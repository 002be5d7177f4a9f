import { describe, expect, it } from 'vitest'
import { play } from './transcript/play.ts'
import { differencesOf, parseTranscript, withPrinted } from './transcript/text.ts'

const page = `Text.

\`\`\`console
$ cat <<'END'
> a
> > b
> END
a
> b
$ true
$ false
[exit 1]
\`\`\`

\`\`\`sh
$ not typed
\`\`\`

\`\`\`console
$ cd /
$ pwd
/
\`\`\`
`

describe('a transcript', () => {
  it('is read step by step, from console blocks alone', () => {
    expect(parseTranscript(page)).toEqual([
      { line: 4, typed: "cat <<'END'\na\n> b\nEND", printed: ['a', '> b'] },
      { line: 10, typed: 'true', printed: [] },
      { line: 11, typed: 'false', printed: ['[exit 1]'] },
      { line: 20, typed: 'cd /', printed: [] },
      { line: 21, typed: 'pwd', printed: ['/'] },
    ])
  })

  it('does not differ in what is another one each time', () => {
    const steps = parseTranscript(
      '```console\n$ a\nRun 20260101-000000-a-job: 1.5 kB in 2 s, 3.2 MB/s\n  of 20260101-000000-a-job\n```',
    )
    for (const id of ['20260102-101112-a-job', '20260102-101112-a-job-2'])
      expect(differencesOf(steps, [`Run ${id}: 2 kB in 30 ms\n  of ${id}\n`])).toEqual([])
    expect(
      differencesOf(steps, ['Run 20260102-101112-b-job: 2 kB in 30 ms\n  of 20260102-101112-b-job\n']),
    ).not.toEqual([])
  })

  it('is played in one session, and stands as it was played', async () => {
    const steps = parseTranscript(page)
    const printed = await play(steps.map(({ typed }) => typed))
    expect(differencesOf(steps, printed)).toEqual([])
    expect(withPrinted(page, printed)).toBe(page)
    expect(withPrinted(page.replace('a\n> b\n$ true', 'something else\n$ true'), printed)).toBe(page)
  })

  it('names the place of what is not so, but for times, rates and ids', () => {
    const steps = parseTranscript('```console\n$ a\nRun 20260101-000000-a: 1 kB in 2 s\n$ b\nthree\n```')
    const printed = [
      'Run 20270101-010101-a: 1 kB in 0.5 s\n  bound by the disk, which gave 1 kB/s\n  note: 2 workers for 1 core: more',
      'four\n',
    ]
    expect(differencesOf(steps, printed)).toEqual([
      { line: 4, message: '`b` prints\n    four\nand not\n    three' },
    ])
  })
})
