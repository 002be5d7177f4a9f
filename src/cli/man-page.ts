/** The manual page, made of the commands and the table of flags; man(7) and groff_char(7) describe what is written. */
import type { Command } from './command.ts'
import { exitMeanings } from './exit-codes.ts'
import { placeholderOf } from './flag.ts'
import { flagsOf } from './flags.ts'
import { flagSentences, sentence, usageOf } from './help.ts'

/** The page `tallyman(1)` as roff, in ASCII. */
export function manPage(commands: readonly Command[], version: string): string {
  const lines = [
    `.TH TALLYMAN 1 "" "tallyman ${roff(version)}" "User Commands"`,
    '.SH NAME',
    'tallyman \\- MapReduce for archives too big for one core',
    '.SH SYNOPSIS',
    '.B tallyman',
    '.I COMMAND',
    '[\\fIOPTION\\fR]... [\\fIOPERAND\\fR]...',
    '.SH DESCRIPTION',
    roff('A job is a TypeScript file with a map and a reduce. tallyman runs it over files and archives, on'),
    roff('processes or threads, with the same result to the byte, and never shows an incomplete result as a'),
    roff('complete one. Results go to stdout, what is meant for people goes to stderr.'),
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH EXIT STATUS',
    ...exitMeanings.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, roff(sentence(meaning))]),
    '.SH ENVIRONMENT',
    '.TP',
    '.B TALLYMAN_HOME',
    roff('Runs live in runs/ there; where it is not set, in .tallyman/runs/ under the current directory.'),
    '.TP',
    '.B TALLYMAN_ENGINE',
    roff(
      'podman or docker: the container engine that is meant. Where it is not set, the first of the two that answers.',
    ),
    '.TP',
    '.B TALLYMAN_ENGINE_WAIT',
    roff(
      'Seconds that the engine is given to look something up, instead of 60; what it does or builds may take longer.',
    ),
    '.TP',
    '.B NO_COLOR',
    roff('Where it is set and not empty, nothing is coloured.'),
  ]
  return `${lines.join('\n')}\n`
}

function commandLines(command: Command): string[] {
  return [
    `.SS "tallyman ${roff(usageOf(command))}"`,
    roff(sentence(command.summary)),
    ...(command.details ?? []).flatMap((line) => ['.PP', roff(line)]),
    ...flagsOf(command.name).flatMap((flag) => {
      const placeholder = placeholderOf(flag)
      const short = flag.short === undefined ? '' : `\\fB\\-${flag.short}\\fR, `
      const value = placeholder === '' ? '' : ` \\fI${roff(placeholder)}\\fR`
      return ['.TP', `${short}\\fB\\-\\-${roff(flag.name)}\\fR${value}`, roff(flagSentences(flag))]
    }),
    '.PP',
    'Example:',
    '.PP',
    '.nf',
    roff(command.example),
    '.fi',
  ]
}

/** What roff would set as something else: a curly quote, a hyphen, a raised sign. */
const roffNames: Readonly<Record<string, string>> = {
  '\\': '\\[rs]',
  '-': '\\-',
  "'": '\\[aq]',
  '"': '\\[dq]',
  '`': '\\[ga]',
  '^': '\\[ha]',
  '~': '\\[ti]',
  '…': '...',
}

/** Text that roff shows as it is. */
function roff(text: string): string {
  const escaped = text.replaceAll(/[^\x20-\x7e]|[\\'"`^~-]/gu, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
    return roffNames[character] ?? `\\[u${hex.padStart(4, '0')}]`
  })
  return escaped.startsWith('.') ? `\\&${escaped}` : escaped
}
