/** The manual page, made of the commands and the table of flags; man(7) describes its macros. */
import type { Command } from './command.ts'
import { flagsOf, placeholderOf } from './flags.ts'

/** The page `tallyman(1)` as roff. */
export function manPage(commands: readonly Command[], version: string): string {
  const lines = [
    `.TH TALLYMAN 1 "" "tallyman ${version}" "User Commands"`,
    '.SH NAME',
    'tallyman \\- MapReduce for archives too big for one core',
    '.SH SYNOPSIS',
    '.B tallyman',
    '.I COMMAND',
    '[\\fIOPTION\\fR]... [\\fIOPERAND\\fR]...',
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH EXIT STATUS',
    ...[
      ['0', 'complete'],
      ['1', 'failed'],
      ['2', 'wrong usage'],
      ['3', 'not committed: incomplete input, or rejected records'],
      ['130', 'interrupted; the run can be resumed'],
    ].flatMap(([code, meaning]) => ['.TP', `.B ${code}`, roff(meaning ?? '')]),
    '.SH ENVIRONMENT',
    '.TP',
    '.B TALLYMAN_HOME',
    roff('Runs live in runs/ there; where it is not set, in .tallyman/runs under the current directory.'),
    '.TP',
    '.B NO_COLOR',
    'Where it is set, nothing is coloured.',
  ]
  return `${lines.join('\n')}\n`
}

function commandLines(command: Command): string[] {
  return [
    `.SS "tallyman ${roff(`${command.name} ${command.operands}`.trim())}"`,
    roff(`${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`),
    ...(command.details ?? []).flatMap((line) => ['.PP', roff(line)]),
    ...flagsOf(command.name).flatMap((flag) => {
      const placeholder = placeholderOf(flag)
      const short = flag.short === undefined ? '' : `\\fB\\-${flag.short}\\fR, `
      const value = placeholder === '' ? '' : ` \\fI${roff(placeholder)}\\fR`
      return ['.TP', `${short}\\fB\\-\\-${roff(flag.name)}\\fR${value}`, roff(`${flag.help}.`)]
    }),
    '.PP',
    'Example:',
    '.PP',
    '.nf',
    roff(command.example),
    '.fi',
  ]
}

/** Text that roff shows as it is. */
function roff(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('…', '...')
  return escaped.startsWith('.') || escaped.startsWith("'") ? `\\&${escaped}` : escaped
}
