/** tallyman in a real terminal: what moves, what is shown of hostile text, and Ctrl-C. */
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { holderOfRun, RunDirectory } from '../../src/run/index.ts'
import { program, Workshop } from '../fixtures/program.ts'
import { hasTmux, Screen } from '../fixtures/screen.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const shop = new Workshop()
afterAll(() => shop.remove())

/** Everything a terminal would act upon: controls, C1 controls, direction, tags. */
const evil = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\u2066\r\b\u{e0041}'
const escaped = JSON.stringify(evil)

shop.write('numbers.txt', 'a\nb\nc\n')
shop.write('more.txt', 'd\n')
/** Maps one line, then waits until the file `go` is there. */
const waits = shop.job(
  'waits.job.ts',
  `if (line === 'd') { writeFileSync('waiting', ''); while (!existsSync('go')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20) } emit(line)`,
  `import { existsSync, writeFileSync } from 'node:fs'`,
)

interface Size {
  readonly columns?: number
  readonly env?: Readonly<Record<string, string>>
}

function screen(line: string, { columns = 100, env = {} }: Size = {}): Screen {
  const path = `${dirname(program)}:${process.env.PATH}`
  return new Screen(line, {
    columns,
    rows: 40,
    cwd: shop.folder,
    env: { PATH: path, TALLYMAN_HOME: join(shop.folder, 'home'), LC_ALL: 'C.UTF-8', ...env },
  })
}

/** The colours that are used, and what replaces lines by others; nothing else that begins with ESC is ever written. */
const colours = /\u001b\[(?:0|1|2|22|31|32|33|39)m/g
const frames = /\u001b\[(?:\?2026[hl]|\?7[hl]|K|J)|\r(?:\u001b\[\d+A)?(?=\u001b\[[KJ]|[^\n])/g

function expectTame(written: string): void {
  const rest = written.replaceAll('\r\n', '\n').replaceAll(frames, '').replaceAll(colours, '')
  expect(rest).not.toMatch(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/u,
  )
}

/** The process that carries out the last run. */
function pidOfRun(): number {
  const holder = holderOfRun(new RunDirectory(shop.runs().at(-1) ?? ''))
  if (holder === null) throw new Error('Nobody is at work on the last run.')
  return holder.pid
}

beforeEach(() => rmSync(join(shop.folder, 'go'), { force: true }))

describe.skipIf(!requires('tmux', hasTmux))('tallyman in a terminal', () => {
  it('shows how far a run is while it goes on, and takes the line away at the end', async () => {
    const terminal = screen(`tallyman run ${waits} numbers.txt more.txt -w 1 --no-reuse`)
    const during = await terminal.shows(/^map +\d+ % .* (?:so far|left|to finish)$/m)
    expect(during.split('\n').at(-1)).toMatch(/^map|^1 worker at work/)
    writeFileSync(join(shop.folder, 'go'), '')
    const after = await terminal.shows(/^END 0$/m)
    expect(after).not.toMatch(/map +\d|reduce +\d|writing/)
    const lines = after.split('\n').filter((line) => !line.startsWith('  bound '))
    expect(lines[0]).toBe('')
    expect(lines[1]).toMatch(/^Run \S+-waits(-\d+)?: 2 files, 8 B, \d+ map tasks?, 1 worker process\.$/)
    expect(lines.slice(2)).toEqual([
      'result: 4 rows',
      '  a  1',
      '  b  1',
      '  c  1',
      '  d  1',
      expect.stringMatching(/^Complete: 2 files, 4 records, 0 rejected; 8 B in /),
      expect.stringMatching(/^Result in home\/runs\/\S+\/result: result\.jsonl, manifest\.json$/),
      expect.stringMatching(/^Next: tallyman show \S+$/),
      expect.stringMatching(/^digest sha256:[0-9a-f]{64}$/),
      'END 0',
    ])
    expectTame(terminal.written())
    expect(terminal.written()).toContain('\u001b[32mComplete\u001b[39m')
  })

  it('keeps the line within a narrow terminal, and tables too', async () => {
    shop.write('wide.txt', `${'long '.repeat(30)}end\n`)
    const terminal = screen(`tallyman run ${waits} numbers.txt more.txt wide.txt -w 1 --no-reuse 2>&1`, {
      columns: 40,
    })
    const during = await terminal.shows(/^map +\d+ %/m)
    expect(during.match(/map +\d+ %/g)).toHaveLength(1)
    writeFileSync(join(shop.folder, 'go'), '')
    const after = await terminal.shows(/^END 0$/m)
    expect(after).toMatch(/^ {2}(?:long ){6}long… {2}1$/m)
    for (const drawn of terminal.written().split(/\u001b\[(?:K|J|\?\d+[hl])|\r\n/))
      if (/^(?:map|reduce) /.test(drawn)) expect(drawn.length).toBeLessThan(40)
  })

  it('ends with 130 on Ctrl-C, without the line, and says how to go on', async () => {
    const terminal = screen(`tallyman run ${waits} numbers.txt more.txt -w 1 --no-reuse`)
    await terminal.shows(/^map +\d+ %/m)
    terminal.keys('C-c')
    const after = await terminal.shows(/^END 130$/m)
    expect(after).not.toMatch(/map +\d+ %/)
    expect(after).toMatch(/^Interrupted: \d of \d map tasks? done and kept\. Go on: tallyman resume \S+$/m)
    writeFileSync(join(shop.folder, 'go'), '')
    expect(shop.run('resume', 'last', '-o', '-', '-q')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^(?:\{"key":"[abcd]","value":1\}\n){4}$/),
    })
  })

  it('shows workers and the answer so far, each line whole, while the terminal becomes wider and narrower', {
    timeout: 400_000,
  }, async () => {
    const keys = ['전화 日本語', '👩‍👩‍👧 😀', evil.replaceAll(/[\r\n]/g, ''), `long ${'é'.repeat(300)}`]
    for (const name of ['k0.txt', 'k1.txt', 'k2.txt']) shop.write(join('keys', name), `${keys.join('\n')}\n`)
    shop.write(join('keys', 'more.txt'), 'd\n')
    const terminal = screen(`tallyman run ${waits} keys -w 4 --split whole --impolite --no-reuse`)
    const during = await terminal.shows(/^So far, not the result: 3 of 4 map tasks/m)
    expect(during).toMatch(/^ {2}result: 4 rows$/m)
    expect(during).toMatch(/^1 of 4 workers at work/m)
    for (const columns of [60, 250, 80, 61, 140, 100]) {
      const erased = terminal.written().split('\u001b[J').length
      terminal.resize(columns)
      await until(`lines of ${columns} columns`, () => terminal.written().split('\u001b[J').length > erased)
      const text = await terminal.shows(/^map +\d+ %/m)
      const lines = text.split('\n').slice(text.split('\n').findIndex((line) => line.startsWith('map')))
      expect(lines.filter((line) => line.startsWith('map'))).toHaveLength(1)
      expect(lines.filter((line) => line.includes('So far'))).toHaveLength(1)
    }
    writeFileSync(join(shop.folder, 'go'), '')
    const after = await terminal.shows(/^END 0$/m)
    expect(after).not.toMatch(/^map +\d|at work|^So far/m)
    expectTame(terminal.written())
  })

  it.each([
    ['SIGTERM', 130],
    ['SIGHUP', 130],
  ])('leaves nothing of what it showed after %s', async (signal, code) => {
    const terminal = screen(`tallyman run ${waits} numbers.txt more.txt -w 1 --no-reuse`)
    await terminal.shows(/^map +\d+ %/m)
    process.kill(pidOfRun(), signal)
    const after = await terminal.shows(new RegExp(`^END ${code}$`, 'm'))
    expect(after).not.toMatch(/map +\d+ %|at work/)
  })

  it('leaves nothing of it where it breaks down itself, and the cursor below it where it is killed', async () => {
    shop.write(
      'crash.mjs',
      `if (process.argv[2] === 'run') { const look = setInterval(() => { if (existsSync('crash')) throw new Error('broken down') }, 50); look.unref() }
       import { existsSync } from 'node:fs'`,
    )
    const line = `rm -f go crash; tallyman run ${waits} numbers.txt more.txt -w 1 --no-reuse`
    const broken = screen(line, { env: { NODE_OPTIONS: `--import ${join(shop.folder, 'crash.mjs')}` } })
    await broken.shows(/^map +\d+ %/m)
    writeFileSync(join(shop.folder, 'crash'), '')
    const after = await broken.shows(/^END [1-9]\d*$/m)
    expect(after).toContain('broken down')
    expect(after).not.toMatch(/map +\d+ %|at work/)
    const killed = screen(line)
    await killed.shows(/^map +\d+ %/m)
    process.kill(pidOfRun(), 'SIGKILL')
    expect(await killed.shows(/^END 137$/m)).toMatch(/^map +\d+ %/m)
  })

  it.each([
    ['CI', '1'],
    ['TERM', 'dumb'],
  ])('writes no escape code at all where %s is %s', async (name, value) => {
    const terminal = screen(`tallyman run ${waits} numbers.txt`, { env: { [name]: value } })
    await terminal.shows(/^END 0$/m)
    expect(terminal.written()).toContain('Complete: ')
    expect(terminal.written()).not.toContain('\u001b')
  })

  it('follows with attach as run shows it, and takes that away when it is left', async () => {
    const started = shop.run('run', waits, 'numbers.txt', 'more.txt', '-w', '1', '--no-reuse', '--detach')
    expect(started.status).toBe(0)
    const terminal = screen('tallyman attach last')
    await terminal.shows(/^map +\d+ %/m)
    await terminal.shows(/^1 worker at work/m)
    terminal.keys('C-c')
    const after = await terminal.shows(/^END 130$/m)
    expect(after).not.toMatch(/map +\d+ %|at work/)
    expect(after).toMatch(/^Detached; run \S+ goes on\./m)
    writeFileSync(join(shop.folder, 'go'), '')
    expect(shop.run('attach', 'last').status).toBe(0)
  })

  it('shows hostile keys, names, counters, parameters and errors without doing what they say', async () => {
    const name = evil.replaceAll('/', '')
    shop.write(join('evil', `${name}.txt`), `key\nbad ${evil}\nkey\n`)
    shop.write(
      'evil.job.ts',
      `import { count, defineJob, text } from 'tallyman'
      const evil = ${escaped}
      export default defineJob({
        name: 'evil' + evil, description: 'does ' + evil, input: text(), reduce: count<string>(),
        map(line, emit, ctx) {
          if (line.startsWith('bad')) throw new Error('no ' + evil)
          ctx.counter('counted ' + evil)
          emit(line + evil)
        },
      })`,
    )
    shop.write('worse.job.ts', `throw new Error('at import ' + ${escaped})`)
    const commands = [
      'tallyman run evil.job.ts --help',
      'tallyman run evil.job.ts evil --dry-run',
      'tallyman run evil.job.ts evil',
      'tallyman resume last --max-bad 1',
      'tallyman show',
      'tallyman show last/$EVIL',
      'tallyman run worse.job.ts evil',
      'tallyman run evil.job.ts "evil/$EVIL"',
      'tallyman "$EVIL"',
      'tallyman run --"$EVIL"',
      'tallyman run evil.job.ts evil -p "$EVIL=1"',
    ]
    const terminal = screen(`clear; ${commands.join('; ')}`, { env: { EVIL: evil } })
    await terminal.shows(/^END 2$/m)
    const written = terminal.written()
    // What `clear` wrote comes first.
    expectTame(written.slice(written.indexOf('Usage: ')))
    for (const shown of [
      'does \\u001b]0;owned',
      'no \\u001b]0;owned',
      'counted \\u001b]0;owned',
      'key\\u001b]0;owned',
      'at import \\u001b]0;owned',
    ])
      expect(written).toContain(shown)
  })

  it.each([
    ['NO_COLOR is set', { NO_COLOR: '1' }, false],
    ['NO_COLOR is empty', { NO_COLOR: '' }, true],
  ])('is coloured or not where %s', async (_, env, isColoured) => {
    const terminal = screen(`tallyman run ${waits} numbers.txt`, { env })
    await terminal.shows(/^END 0$/m)
    expect(/\u001b\[\d+m/.test(terminal.written())).toBe(isColoured)
  })

  it('writes no colour into a pipe, though stderr is a terminal', async () => {
    const terminal = screen(`tallyman run ${waits} --help | cat; tallyman run ${waits} numbers.txt | cat`)
    await terminal.shows(/^END 0$/m)
    const out = terminal
      .written()
      .split('\r\n')
      .filter((line) => /Usage|Reads|rows|digest|^ {2}a/.test(line))
    expect(out.length).toBeGreaterThan(3)
    for (const line of out) expect(line).not.toContain('\u001b[3')
  })

  it('completes commands, flags, choices and names of files in bash', async () => {
    shop.write('two words.txt', 'x\n')
    const terminal = screen(`bash --norc --noprofile -i`, { env: { PS1: '> ' } })
    await terminal.shows(/^> $|^>$/m)
    terminal.type('eval "$(tallyman completions bash)"; echo ready')
    terminal.keys('Enter')
    await terminal.shows(/^ready$/m)
    for (const [typed, completed] of [
      ['tallyman completi', 'tallyman completions'],
      ['tallyman run --isolat', 'tallyman run --isolation'],
      ['tallyman run --isolation th', 'tallyman run --isolation thread'],
      ['tallyman run two', 'tallyman run two\\ words.txt'],
    ]) {
      terminal.type(typed!)
      terminal.keys('Tab')
      await terminal.shows(new RegExp(`^> ${completed!.replaceAll('\\', '\\\\')}`, 'm'))
      terminal.keys('C-u')
    }
  })
})
