import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { requires } from '../../test/requires.ts'
import { commands } from './command-list.ts'
import { flagsOf } from './flags.ts'
import { commandHelp, flagSentences } from './help.ts'
import { manPage } from './man-page.ts'

const page = manPage(commands, '1.2.3')

/** What a reader sees, as one line without the hyphens and gaps that fill a page. */
function rendered(roff: string): { readonly text: string; readonly warnings: string } {
  // -rHY=0 and -rAD=l: no hyphenation, no filling, so that words can be found.
  const { stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-P-cbou', '-rHY=0', '-dAD=l'], {
    input: roff,
    encoding: 'utf8',
  })
  return { text: stdout.replaceAll(/\s+/g, ' '), warnings: stderr }
}

describe('manPage', () => {
  it('is ASCII, so that no tool has to be told its encoding', () => {
    expect(page).toMatch(/^[\x20-\x7e\n]*$/)
  })

  it('has the sections a manual page has', () => {
    const sections = [...page.matchAll(/^\.SH (.*)$/gm)].map(([, name]) => name)
    expect(sections).toEqual(['NAME', 'SYNOPSIS', 'DESCRIPTION', 'COMMANDS', 'EXIT STATUS', 'ENVIRONMENT'])
  })

  describe.skipIf(!requires('groff', spawnSync('groff', ['--version']).status === 0))(
    'as groff renders it',
    () => {
      const { text, warnings } = rendered(page)

      it('gives no warning', () => {
        expect(warnings).toBe('')
      })

      it.each(commands.map((command) => [command.name, command] as const))(
        'says all of %s',
        (name, command) => {
          for (const part of [command.example, ...(command.details ?? [])])
            expect(text).toContain(part.replaceAll('…', '...').replaceAll(/\s+/g, ' '))
          for (const flag of flagsOf(name)) expect(text).toContain(flagSentences(flag).replaceAll('…', '...'))
        },
      )

      it('shows quotes, dashes, tildes and backquotes as they are typed', () => {
        for (const typed of [
          'eval "$(tallyman completions bash)"',
          '~/.bashrc',
          '`tallyman run JOB --help`',
          "run's",
        ])
          expect(text).toContain(typed)
      })

      it('shows any text as it is', () => {
        const [first] = commands
        const odd = `.x 'y \\n \\fB -- ~ ^ \` " 日本 é …`
        const { text: shown, warnings: said } = rendered(
          manPage([{ ...first!, details: [odd, `'${odd}`] }], '1'),
        )
        expect(said).toBe('')
        expect(shown).toContain(`${odd.replace('…', '...')} '${odd.replace('…', '...')}`)
      })
    },
  )

  describe.skipIf(!requires('man', spawnSync('man', ['--version']).status === 0))('as man shows it', () => {
    it('begins with its name and has the exit codes', () => {
      const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', '-'], {
        input: page,
        encoding: 'utf8',
        env: { ...process.env, MANWIDTH: '200', LC_ALL: 'C.UTF-8' },
      })
      expect(stderr).toBe('')
      expect(stdout).toMatch(/^TALLYMAN\(1\)/)
      const exits = stdout.split('EXIT STATUS')[1]?.replaceAll(/\s+/g, ' ')
      for (const code of ['0 Complete.', '1 Failed.', '2 Wrong usage.', '3 Not committed', '130 Interrupted'])
        expect(exits).toContain(code)
    })
  })

  it('says the same as help', () => {
    for (const command of commands)
      for (const flag of flagsOf(command.name))
        expect(commandHelp(command).replaceAll(/\s+/g, ' ')).toContain(flagSentences(flag))
  })
})
