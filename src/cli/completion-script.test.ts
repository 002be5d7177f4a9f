import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { requires } from '../../test/requires.ts'
import { commands } from './command-list.ts'
import { completionScript, type Shell } from './completion-script.ts'
import { flagsOf } from './flags.ts'

const hasProgram = (name: string): boolean => spawnSync(name, ['--version']).status === 0
const folder = tempFolder()
afterAll(() => folder.remove())
for (const id of ['20200101-000000-words', '20200102-000000-logs'])
  mkdirSync(folder.at('home', 'runs', id), { recursive: true })

/** What is offered for the last of these words. */
function offered(words: readonly string[], env: Readonly<Record<string, string>> = {}): string[] {
  const program = `${completionScript('bash', commands)}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _tallyman
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', program, 'bash', ...words], {
    cwd: folder.path,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  })
  expect([status, stderr]).toEqual([0, ''])
  return stdout.split('\n').filter((word) => word !== '')
}

describe.skipIf(!requires('bash', hasProgram('bash')))('completionScript for bash', () => {
  it('offers the commands', () => {
    const names = commands.map(({ name }) => name)
    expect(offered(['tallyman', ''])).toEqual([...names, 'help', '--help', '--version'])
    expect(offered(['tallyman', 'ru'])).toEqual(['run', 'runs'])
    expect(offered(['tallyman', 'help', 'comp'])).toEqual(['completions'])
  })

  it.each(commands.map(({ name }) => name))('offers all flags of %s, and no others', (name) => {
    const words = offered(['tallyman', name, '-'])
    const known = flagsOf(name).flatMap(({ name: long, short }) => [
      `--${long}`,
      ...(short === undefined ? [] : [`-${short}`]),
    ])
    expect(words.sort()).toEqual(known.sort())
  })

  it('offers the choices of a flag, in both of its forms', () => {
    const formats = ['csv', 'json', 'jsonl', 'tsv']
    expect(offered(['tallyman', 'run', 'job.ts', '--format', '']).sort()).toEqual(
      expect.arrayContaining(formats),
    )
    expect(offered(['tallyman', 'run', '--format', 'js'])).toEqual(['jsonl', 'json'])
    // As readline splits --format=c and --format=.
    expect(offered(['tallyman', 'run', '--format', '=', 'c'])).toEqual(['csv'])
    expect(offered(['tallyman', 'run', '--format', '=']).sort()).toEqual(expect.arrayContaining(formats))
  })

  it('leaves names of files to the shell', () => {
    expect(offered(['tallyman', 'run', ''])).toEqual([])
    expect(offered(['tallyman', 'run', 'job.ts', '--events', ''])).toEqual([])
    expect(completionScript('bash', commands)).toMatch(/^complete -o default -F _tallyman tallyman$/m)
  })

  it('offers the runs there are', () => {
    const env = { TALLYMAN_HOME: folder.at('home') }
    expect(offered(['tallyman', 'resume', ''], env)).toEqual([
      'last',
      '20200101-000000-words',
      '20200102-000000-logs',
    ])
    for (const command of ['show', 'verify', 'diff', 'clean'])
      expect(offered(['tallyman', command, '20200102'], env)).toEqual(['20200102-000000-logs'])
    expect(offered(['tallyman', 'show', ''])).toEqual(['last'])
  })

  it('offers the shells', () => {
    expect(offered(['tallyman', 'completions', ''])).toEqual(['bash', 'zsh', 'fish'])
  })
})

describe.each(['zsh', 'fish'] as const)('completionScript for %s', (shell: Shell) => {
  it('names every command and flag', () => {
    const script = completionScript(shell, commands)
    for (const { name } of commands) {
      expect(script).toContain(name)
      for (const flag of flagsOf(name))
        expect(script).toContain(shell === 'fish' ? `-l ${flag.name}` : `--${flag.name}`)
    }
  })

  it.skipIf(!requires(shell, hasProgram(shell)))('is read by the shell without complaint', () => {
    const file = folder.at(`completions.${shell}`)
    writeFileSync(file, completionScript(shell, commands))
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })
})

describe.skipIf(!requires('fish', hasProgram('fish')))('completionScript for fish', () => {
  it.each([
    ['tallyman ru', ['run', 'runs']],
    ['tallyman run --form', ['--format']],
    ['tallyman run --format js', ['json', 'jsonl']],
    ['tallyman completions zs', ['zsh']],
    ['tallyman show la', ['last']],
  ])('completes %s', (line, words) => {
    const program = `${completionScript('fish', commands)}\ncomplete -C '${line}'`
    const { stdout } = spawnSync('fish', ['--no-config', '-c', program], {
      cwd: folder.path,
      encoding: 'utf8',
    })
    const found = stdout.split('\n').map((text) => text.split('\t')[0])
    for (const word of words) expect(found).toContain(word)
  })
})
