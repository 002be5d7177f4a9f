/** Runs that are not committed, and how `tallyman resume` goes on with them. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { makeArchive } from '../fixtures/archives.ts'
import { type Ended, program, Workshop } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

const shop = new Workshop()
afterAll(() => shop.remove())
const job = writeInputs(shop)

/** Writes the job, which is returned, and two inputs. */
function writeInputs(place: Workshop): string {
  place.write('good.txt', 'a\nb\na\n')
  place.write('bad.txt', 'a\nbad \u001b[31m\nc\nbad two\n')
  return place.job('words.job.ts', `if (line.startsWith('bad')) throw new Error('no good'); emit(line)`)
}

const idOf = ({ stderr }: Ended): string => /^Run (\S+):/m.exec(stderr)?.[1] ?? 'none'
const folderOf = (ended: Ended): string => join(shop.folder, 'home/runs', idOf(ended))

// What one run goes through, step by step.
describe('a run with rejected records', { shuffle: false }, () => {
  // Where no other run is listed, and none has mapped the same before.
  const steps = new Workshop()
  afterAll(() => steps.remove())
  writeInputs(steps)
  const refused = steps.run('run', job, 'good.txt', 'bad.txt', '-o', 'kept', '--format', 'csv', '--impolite')
  const folder = join(steps.folder, 'home/runs', idOf(refused))
  const types = (): string[] => steps.events(folder).map(({ type }) => type)

  it('ends with 3, commits nothing, and names every rejected record on stderr', () => {
    expect(refused).toMatchObject({ status: 3, stdout: '' })
    expect(existsSync(join(steps.folder, 'kept'))).toBe(false)
    const id = idOf(refused)
    expect(refused.stderr.split('\n').slice(1)).toEqual([
      'Not committed: the result would not be complete.',
      '  2 records were rejected, 28.6% of all; 0 tolerated.',
      '  bad.txt, line 2 (byte 2): map threw: no good',
      expect.stringMatching(/^ {4}at .*\bwords\.job\.ts:3:\d+\)?$/),
      '    bad \\u001b[31m',
      '  bad.txt, line 4 (byte 14): map threw: no good',
      expect.stringMatching(/^ {4}at .*\bwords\.job\.ts:3:\d+\)?$/),
      '    bad two',
      `  All of them: home/runs/${id}/rejected.jsonl`,
      `  The first of them again, in front of you: tallyman repro map-00000.1 ${id}`,
      'What was read is kept. Mend what is wrong and run again, or go on without it:',
      `  tallyman resume ${id} --max-bad 2`,
      '',
    ])
  })

  it('is shown by runs and by show with the command that goes on', () => {
    expect(steps.run('runs').stdout).toMatch(
      new RegExp(`^${idOf(refused)} {2}not committed {2}5 records {2}words\\.job\\.ts$`, 'm'),
    )
    const { stdout } = steps.run('show', idOf(refused))
    expect(stdout).toContain('lacking: 2 records were rejected, 28.6% of all; 0 tolerated.')
    expect(stdout).toContain(`Go on: tallyman resume ${idOf(refused)} --max-bad 2\n`)
    // Whoever was not there when it ended learns as much: the records, the line of the job, and what repeats it.
    for (const line of refused.stderr.split('\n').slice(3, 11)) expect(stdout).toContain(`\n  ${line}\n`)
    expect(steps.run('logs', idOf(refused))).toMatchObject({
      stdout: '',
      stderr: `Nothing was printed, and no attempt failed.\n2 records were rejected: tallyman show ${idOf(refused)}\n`,
    })
  })

  it('is refused again while too little is tolerated', () => {
    expect(steps.run('resume', idOf(refused), '--max-bad', '1')).toMatchObject({
      status: 3,
      stdout: '',
      stderr: expect.stringContaining('2 records were rejected, 28.6% of all; 1 tolerated.'),
    })
  })

  it('is finished by resume --max-bad without doing a map task again, where and as it was told to at first', () => {
    const before = types()
    const resumed = steps.run('resume', idOf(refused), '--max-bad', '28.6%')
    expect(resumed.status).toBe(0)
    expect(resumed.stderr).toContain('Incomplete, as accepted: 2 files, 5 records, 2 rejected; ')
    expect(steps.run('runs').stdout).toContain(`${idOf(refused)}  incomplete, as accepted  `)
    expect(steps.run('show', idOf(refused)).stdout).toMatch(/^Run \S+: incomplete, as accepted\n/)
    expect(JSON.parse(steps.run('runs', '--json').stdout.split('\n')[0] ?? '')).toMatchObject({
      status: 'complete',
      complete: false,
    })
    expect(resumed.stderr).toContain('all of it read before')
    expect(resumed.stderr).toContain('\n  without: 2 records were rejected, 28.6% of all; 28.6% tolerated.\n')
    expect(readFileSync(join(steps.folder, 'kept/result.csv'), 'utf8')).toBe(
      'key,value\r\na,3\r\nb,1\r\nc,1\r\n',
    )
    const since = types().slice(before.length)
    expect(since).toEqual([
      'resumed',
      'map-stage-ended',
      'attempt-started',
      'reduce-committed',
      'result-committed',
    ])
    expect(steps.events(folder).filter(({ task }) => task?.startsWith('map-')).length).toBe(
      before.filter((type) => type === 'attempt-started' || type === 'map-committed').length,
    )
  })

  it('is complete then: there is nothing left to resume', () => {
    const { status, stdout, stderr } = steps.run('resume', idOf(refused))
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^digest sha256:[0-9a-f]{64}\n$/)])
    expect(stderr).toMatch(
      new RegExp(
        `^Run ${idOf(refused)} is incomplete, as accepted; there is nothing left to do\\.\\n(  without: .+\\n)+Result in kept\\nNext: tallyman show ${idOf(refused)}\\n$`,
      ),
    )
    const asJson = steps.run('resume', idOf(refused), '--json')
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      run: idOf(refused),
      status: 'complete',
      complete: false,
      digest: stdout.trim().slice('digest '.length),
    })
  })
})

describe('tallyman resume without a run', () => {
  const home = { env: { TALLYMAN_HOME: 'bare' } }
  it('goes on with the last one, and is content with one that is complete', () => {
    expect(shop.runIn(home, 'resume')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('There are no runs'),
    })
    const refused = shop.runIn(home, 'run', job, 'bad.txt')
    expect(refused.status).toBe(3)
    expect(shop.runIn(home, 'resume').stderr).toContain('Not committed: ')
    const resumed = shop.runIn(home, 'resume', '--max-bad', '2', '-q')
    expect([resumed.status, resumed.stderr]).toEqual([0, ''])
    const again = shop.runIn(home, 'resume', '-q')
    expect(again).toEqual(resumed)
  })
})

describe('--accept', () => {
  shop.write('week/2020-01-01.txt', 'a\n')
  shop.write('week/2020-01-02.txt', 'b\n')
  shop.write('week/2020-01-04.txt', 'c\n')
  const plan = (...options: readonly string[]): Ended => shop.run('run', job, 'week', '--dry-run', ...options)

  it('refuses the name of nothing, and says which was meant or what is lacking', () => {
    const before = shop.runs()
    expect(plan('--accept', '2020-01-3')).toMatchObject({
      status: 2,
      stdout: '',
      stderr:
        'Error: Option --accept is "2020-01-3"; no input, member or missing day has that name.\nDid you mean --accept 2020-01-03?\n',
    })
    const pattern = shop.run('run', job, 'week', '--accept', '2020-01-03', '--accept', '*.zip')
    expect([pattern.status, pattern.stdout]).toEqual([2, ''])
    expect(pattern.stderr).toContain(
      'It takes names as they are, no patterns.\nWhat is lacking: --accept 2020-01-03.\n',
    )
    expect(shop.runs()).toEqual(before)
    expect(shop.run('run', job, 'good.txt', '--accept', 'bad.txt').stderr).toContain(
      'Nothing is known to be lacking: leave the option out.\n',
    )
  })

  it('takes what is lacking, and what may turn out to be', () => {
    expect(
      plan('--accept', '2020-01-03', '--accept', '2020-01-04', '--accept', '2020-01-01.txt'),
    ).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Goes on without, as accepted:\n  2020-01-03: no file holds this day'),
      stderr: '',
    })
  })

  it('says of what it names that nothing is wrong with, that it changed nothing', () => {
    const whole = shop.run('run', job, 'good.txt', '--accept', 'good.txt')
    expect(whole.status).toBe(0)
    expect(whole.stderr).toContain(
      '\n  note: --accept good.txt changed nothing: what has that name was read to its end.\n',
    )
    const bad = shop.run('run', job, 'good.txt', 'bad.txt', '--accept', 'bad.txt')
    expect(bad.status).toBe(3)
    expect(bad.stderr).toContain(
      '\n  note: --accept bad.txt changed nothing: what has that name was read to its end. What it does not accept is rejected records: --max-bad tolerates these.\n',
    )
    const day = shop.run('run', job, 'week', '--accept', '2020-01-03', '--accept', '2020-01-04')
    expect([day.status, day.stderr.match(/note: .* changed nothing/g)]).toEqual([
      0,
      ['note: --accept 2020-01-04 changed nothing'],
    ])
  })

  it('names up to three members that are meant by the last part of their names', () => {
    const members = [
      { name: 'a.txt', content: 'a\n' },
      { name: 'docs/README.txt', content: 'read me\n' },
    ]
    for (const at of [1, 2, 3, 4]) shop.write(`zips/part ${at}.zip`, makeArchive(members))
    const accept = (name: string): string =>
      shop.run('run', job, 'zips', '--dry-run', '--accept', name).stderr
    const said = [1, 2, 3].map((at) => `--accept 'part ${at}.zip!docs/README.txt'`).join(' ')
    for (const name of ['README.txt', 'docs/README.txt'])
      expect(accept(name)).toContain(
        `no input, member or missing day has that name.\nA member is named with its archive: ${said} and 1 more.\n`,
      )
    expect(accept('READ.txt')).toContain('Nothing is known to be lacking')
    expect(accept('part 1.zip!docs/README.txt')).toBe('')
  })

  it('refuses the name of nothing when a run goes on, too', () => {
    const refused = shop.run('run', job, 'week')
    expect(refused.status).toBe(3)
    const wrong = shop.run('resume', idOf(refused), '--accept', '2021-01-03')
    expect(wrong).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Did you mean --accept 2020-01-03?'),
    })
    expect(shop.run('resume', idOf(refused), '--accept', '2020-01-03').status).toBe(0)
  })
})

describe('a run of which most records are rejected', () => {
  const home = { env: { TALLYMAN_HOME: 'picky' } }
  const picky = shop.job('picky.job.ts', `if (line !== 'a') throw new Error('no a'); emit(line)`)
  const mend =
    'More than half of all records are rejected: the job or its input format does not fit these files. Look at the first of them and why, mend the job, and run it again.'

  it('is not told to do without them, by no command, and can be finished all the same', () => {
    const refused = shop.runIn(home, 'run', picky, 'bad.txt')
    expect(refused).toMatchObject({ status: 3, stdout: '' })
    expect(refused.stderr).toContain('  3 records were rejected, 75% of all; 0 tolerated.\n')
    expect(refused.stderr).toContain('  bad.txt, line 2 (byte 2): map threw: no a\n')
    expect(refused.stderr.trimEnd().split('\n').at(-1)).toBe(mend)
    const shown = shop.runIn(home, 'show', 'last').stdout
    expect(shown).toContain(`\n  ${mend}\n`)
    const stopped = shop.runIn(home, 'stop', 'last')
    expect(stopped).toMatchObject({ status: 2, stderr: expect.stringContaining(mend) })
    for (const said of [refused.stderr, shown, stopped.stderr]) expect(said).not.toMatch(/resume|max-bad/)
    expect(shop.runIn(home, 'resume', 'last', '--max-bad', '75%').status).toBe(0)
  })
})

describe('tallyman run --max-bad', () => {
  it.each([
    ['0', 3],
    ['1', 3],
    ['2', 0],
    ['28%', 3],
    ['29%', 0],
    ['100%', 0],
  ])('takes %s of 2 in 7: exit code %d', (limit, status) => {
    expect(shop.run('run', job, 'good.txt', 'bad.txt', '--max-bad', limit, '-q').status).toBe(status)
  })

  it('refuses what is no number and no share', () => {
    expect(shop.run('run', job, 'good.txt', '--max-bad', 'some')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Option --max-bad is "some"'),
    })
  })
})

describe('an input that is damaged', () => {
  const whole = gzipSync('a\n'.repeat(1000))
  const name = "it's cut.gz"
  shop.write(name, whole.subarray(0, whole.length - 10))
  let refused: Ended
  let resumed: Ended
  beforeAll(() => {
    refused = shop.run('run', job, 'good.txt', name)
    resumed = shop.run('resume', idOf(refused), '--accept', name, '-o', 'without')
  })

  it('is accepted by the option that the message shows, also when the run is resumed', () => {
    expect(refused.status).toBe(3)
    const command = `tallyman resume ${idOf(refused)} --accept 'it'\\''s cut.gz'`
    expect(refused.stderr.trimEnd().split('\n').at(-1)).toBe(`  ${command}`)
    expect(resumed).toMatchObject({ status: 0, stderr: expect.stringContaining("\n  without: it's cut.gz") })
    expect(readFileSync(join(shop.folder, 'without/result.jsonl'), 'utf8')).toBe(
      '{"key":"a","value":2}\n{"key":"b","value":1}\n',
    )
    expect(shop.run('run', job, 'good.txt', name, '--accept', name, '-q')).toMatchObject({
      status: 0,
      stdout: `digest ${shop.digestOf(resumed)}\n`,
    })
  })

  it('says in every place that the result is incomplete', () => {
    expect(shop.run('show', 'without').stdout).toMatch(
      /^Result without: incomplete, as accepted; .*\n {2}without: it's cut\.gz/,
    )
    const manifest = JSON.parse(readFileSync(join(shop.folder, 'without/manifest.json'), 'utf8'))
    expect(manifest.completeness).toMatchObject({ complete: false, accepted: [{ name, accepted: true }] })
  })
})

describe('a job file that is edited', () => {
  it('changes nothing in a run that has begun: it is resumed with the job it began with', () => {
    const edited = shop.job('edited.job.ts', `if (line.startsWith('bad')) throw new Error('x'); emit(line)`)
    const refused = shop.run('run', edited, 'bad.txt')
    expect(refused.status).toBe(3)
    writeFileSync(join(shop.folder, edited), 'this is no TypeScript any more (')
    const resumed = shop.run('resume', 'last', '--max-bad', '2', '-o', '-')
    expect(resumed).toMatchObject({ status: 0, stdout: '{"key":"a","value":1}\n{"key":"c","value":1}\n' })
  })

  it('changes nothing while it runs: workers that start later load the job as it was', async () => {
    const slow = shop.job(
      'slow.job.ts',
      `if (line === 'a') { writeFileSync('running', ''); while (!existsSync('go')) sleep(); }
       if (line === 'b' && !existsSync('died')) { writeFileSync('died', ''); process.kill(process.pid, 'SIGKILL') }
       emit(line)`,
      `import { existsSync, writeFileSync } from 'node:fs'
       const sleep = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)`,
    )
    shop.write('ab.txt', 'a\nb\n')
    const child = shop.start('run', slow, 'ab.txt', '-o', 'slow-out', '-w', '1')
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    while (!existsSync(join(shop.folder, 'running'))) await new Promise((resolve) => setTimeout(resolve, 20))
    writeFileSync(join(shop.folder, slow), 'export default nothing')
    writeFileSync(join(shop.folder, 'go'), '')
    expect(await ended).toBe(0)
    expect(readFileSync(join(shop.folder, 'slow-out/result.jsonl'), 'utf8')).toBe(
      '{"key":"a","value":1}\n{"key":"b","value":1}\n',
    )
    expect(existsSync(join(shop.folder, 'died'))).toBe(true)
  })
})

describe('tallyman resume', () => {
  it.each([
    ['last', '-o', 'good.txt'],
    ['last', '--format', 'xls'],
    ['last', '--max-bad', 'x'],
  ])('refuses %s %s %s before it changes the run', (...args) => {
    const refused = shop.run('run', job, 'bad.txt')
    const before = readFileSync(join(folderOf(refused), 'journal.jsonl'))
    expect(shop.run('resume', ...args).status).toBe(2)
    expect(readFileSync(join(folderOf(refused), 'journal.jsonl'))).toEqual(before)
    const [first] = shop.run('runs').stdout.split('\n')
    expect(first?.split(/ {2,}/).slice(0, 2)).toEqual([idOf(refused), 'not committed'])
  })
})

describe.skipIf(!requires('the right to be another user', process.getuid?.() === 0))('a job file', () => {
  it('that may not be read is said to be so, with what to look at', () => {
    const place = new Workshop()
    onTestFinished(() => place.remove())
    const closed = place.job('closed.job.ts', 'emit(line)')
    chmodSync(join(place.folder, closed), 0)
    chmodSync(place.folder, 0o777)
    const env = { ...process.env, TALLYMAN_HOME: join(place.folder, 'of-nobody'), HOME: place.folder }
    const nobody = { uid: 65_534, gid: 65_534 }
    const ended = spawnSync(process.execPath, [program, 'run', closed, closed], {
      ...nobody,
      env,
      cwd: place.folder,
      encoding: 'utf8',
    })
    expect(ended).toMatchObject({ status: 1, stdout: '' })
    expect(ended.stderr).toMatch(/closed\.job\.ts.*permission denied\n.*Check that you may read that file/)
  })
})
