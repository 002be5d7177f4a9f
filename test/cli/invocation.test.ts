/** How tallyman is called, and what it says before it does anything. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { commands } from '../../src/cli/command-list.ts'
import { program, Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())
shop.write('song.txt', 'the bus\n')
shop.job('words.job.ts', 'for (const word of line.split(" ")) emit(word)')

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

/** The program called by any path, as a shell does, without naming node. */
function call(path: string, cwd: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(path, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, TALLYMAN_HOME: undefined },
  })
  return { status, stdout, stderr }
}

describe('bin/tallyman', () => {
  it('runs from any directory, with paths relative to it, and keeps its runs there', () => {
    const cwd = join(shop.folder, 'some where/else')
    mkdirSync(cwd, { recursive: true })
    const ended = call(program, cwd, 'run', '../../words.job.ts', '../../song.txt', '-o', '../out put', '-q')
    expect(ended).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^digest sha256:[0-9a-f]{64}\n$/),
      stderr: '',
    })
    expect(readFileSync(join(shop.folder, 'some where/out put/result.jsonl'), 'utf8')).toBe(
      '{"key":"bus","value":1}\n{"key":"the","value":1}\n',
    )
    expect(call(program, cwd, 'runs').stdout).toMatch(
      /^\d{8}-\d{6}-words {2}complete {2}1 record {2}\.\.\/\.\.\/words\.job\.ts\n$/,
    )
    expect(call(program, shop.folder, 'runs').stdout).toBe('')
  })

  it('runs through a symbolic link, from a folder with spaces in its name, whatever the link is called', () => {
    mkdirSync(join(shop.folder, 'my bin'))
    const link = join(shop.folder, 'my bin', 'tm')
    symlinkSync(program, link)
    expect(call(link, '/', '--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
    const cwd = join(shop.folder, 'my bin')
    expect(call(link, cwd, 'run', '../words.job.ts', '../song.txt', '-q').status).toBe(0)
  })

  it('has no words without a command, but help on stderr, and exit code 2', () => {
    const ended = shop.run()
    expect(ended).toMatchObject({ status: 2, stdout: '' })
    expect(ended.stderr).toContain('Usage: tallyman COMMAND …')
  })

  it.each([['--help'], ['-h'], ['help']])('shows all commands with %s', (word) => {
    const { status, stdout, stderr } = shop.run(word)
    expect([status, stderr]).toEqual([0, ''])
    for (const { name } of commands) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  })

  it('shows help of a command in both forms', () => {
    const ended = shop.run('run', '--help')
    expect(ended).toMatchObject({ status: 0, stderr: '' })
    expect(ended.stdout).toMatch(/^Usage: tallyman run JOB INPUT…\n/)
    expect(shop.run('help', 'run')).toEqual(ended)
  })

  it.each([
    [['rnu'], 'There is no command "rnu".', 'Did you mean "tallyman run"?'],
    [['xyzzy'], 'There is no command "xyzzy".', '`tallyman --help` lists them.'],
    [['help', 'rnu'], 'There is no command "rnu".', 'Did you mean "tallyman run"?'],
    [
      ['words.job.ts', 'song.txt'],
      'There is no command "words.job.ts".',
      'To run a job, say: tallyman run JOB INPUT…',
    ],
    [['--verison'], 'tallyman has no option "--verison" before a command.', 'Did you mean --version?'],
    [['runs', '--jsno'], '"tallyman runs" has no option "--jsno".', 'Did you mean --json?'],
    [
      ['run', 'words.job.ts', '-song.txt'],
      '"tallyman run" has no option "-song.txt".',
      'write it after "--".',
    ],
    [['runs', 'extra'], '"tallyman runs" has no use for "extra".', 'Say: tallyman runs'],
    [
      ['completions', 'tcsh'],
      '`tallyman completions` takes bash, zsh or fish; "tcsh" is none of them.',
      'Say for',
    ],
    [['\u001b[31m'], 'There is no command "\\u001b[31m".', '`tallyman --help`'],
  ])('says what is wrong with %j, and the way out', (args, message, wayOut) => {
    const { status, stdout, stderr } = shop.run(...args)
    expect([status, stdout]).toEqual([2, ''])
    const [first, second] = stderr.split('\n')
    expect(first).toBe(`Error: ${message}`)
    expect(second).toContain(wayOut)
  })

  it('writes a manual page and completions to stdout', () => {
    expect(shop.run('man').stdout).toMatch(/^\.TH TALLYMAN 1 /)
    expect(shop.run('completions', 'bash').stdout).toMatch(/^_tallyman\(\) \{/)
  })
})
