/** tallyman in a real terminal: what moves, what is shown of hostile text, and Ctrl-C. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { program, Workshop } from '../fixtures/program.ts'
import { hasTmux, Screen } from '../fixtures/screen.ts'
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

/** The colours that are used, and taking a line away; nothing else that begins with ESC is ever written. */
const colours = /\u001b\[(?:1|2|22|31|32|33|39)m/g
const eraseLine = /\r\u001b\[K/g

function expectTame(written: string): void {
  const rest = written.replaceAll(colours, '').replaceAll(eraseLine, '').replaceAll('\r\n', '\n')
  expect(rest).not.toMatch(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/u,
  )
}

describe.skipIf(!requires('tmux', hasTmux))('tallyman in a terminal', () => {
  it('shows how far a run is while it goes on, and takes the line away at the end', async () => {
    const terminal = screen(`rm -f go; tallyman run ${waits} numbers.txt more.txt -w 1 --no-reuse`)
    const during = await terminal.shows(/^map +\d+ % · .* (?:so far|left|to finish)$/m)
    expect(during.split('\n').at(-1)).toMatch(/^map/)
    writeFileSync(join(shop.folder, 'go'), '')
    const after = await terminal.shows(/^END 0$/m)
    expect(after).not.toMatch(/map +\d|reduce +\d|writing/)
    const lines = after.split('\n').filter((line) => !line.startsWith('  bound '))
    expect(lines[0]).toBe('')
    expect(lines[1]).toMatch(/^Run \S+-waits: 2 files, 8 B, \d+ map tasks?, 1 worker process\.$/)
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
    const terminal = screen(
      `rm -f go; tallyman run ${waits} numbers.txt more.txt wide.txt -w 1 --no-reuse 2>&1`,
      { columns: 40 },
    )
    const during = await terminal.shows(/^map +\d+ %/m)
    expect(during.match(/map +\d+ %/g)).toHaveLength(1)
    writeFileSync(join(shop.folder, 'go'), '')
    const after = await terminal.shows(/^END 0$/m)
    expect(after).toMatch(/^ {2}(?:long ){6}long… {2}1$/m)
    for (const drawn of terminal.written().split(/\r\u001b\[K|\r\n/))
      if (/^(?:map|reduce) /.test(drawn)) expect(drawn.length).toBeLessThan(40)
  })

  it('ends with 130 on Ctrl-C, without the line, and says how to go on', async () => {
    const terminal = screen(`rm -f go; tallyman run ${waits} numbers.txt more.txt -w 1 --no-reuse`)
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

  it('writes no escape code at all where the terminal is dumb', async () => {
    const terminal = screen(`tallyman run ${waits} numbers.txt`, { env: { TERM: 'dumb' } })
    await terminal.shows(/^END 0$/m)
    expect(terminal.written()).toContain('Complete: ')
    expect(terminal.written()).not.toContain('\u001b')
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
