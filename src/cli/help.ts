/** Help, made of the commands and the table of flags. */
import type { Command } from './command.ts'
import { type Flag, flagsOf, placeholderOf } from './flags.ts'

const flagColumn = 26

/** What `tallyman --help` shows. */
export function overview(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map((command) => usageOf(command).length)) + 2
  return [
    `tallyman ${version}: MapReduce for archives too big for one core.`,
    '',
    'Usage: tallyman COMMAND …',
    '',
    ...commands.map((command) => `  ${usageOf(command).padEnd(width)}${command.summary}`),
    '',
    '`tallyman COMMAND --help` says more of each; `tallyman run JOB --help` shows what a job takes.',
    'Start with: tallyman new words',
  ].join('\n')
}

function usageOf({ name, operands }: Command): string {
  return operands === '' ? name : `${name} ${operands}`
}

/** What `tallyman COMMAND --help` shows. */
export function commandHelp(command: Command): string {
  return [
    `tallyman ${usageOf(command)}`,
    '',
    sentence(command.summary),
    ...(command.details ?? []),
    '',
    'Options:',
    ...flagsOf(command.name).flatMap(flagLines),
    '',
    `Example: ${command.example}`,
  ].join('\n')
}

/** A flag as it is typed: `-o, --out DIR`. */
export function flagUsage(flag: Flag): string {
  const placeholder = placeholderOf(flag)
  const short = flag.short === undefined ? '    ' : `-${flag.short}, `
  return `${short}--${flag.name}${placeholder === '' ? '' : ` ${placeholder}`}`
}

function flagLines(flag: Flag): string[] {
  const usage = flagUsage(flag)
  const again = flag.takes.kind === 'text' && flag.takes.repeat ? ' (may be said again)' : ''
  const lines = wrap(sentence(flag.help) + again, 76)
  const pad = ' '.repeat(flagColumn + 2)
  const [first = '', ...rest] = lines
  const head =
    usage.length < flagColumn ? [`  ${usage.padEnd(flagColumn)}${first}`] : [`  ${usage}`, pad + first]
  return [...head, ...rest.map((line) => pad + line)]
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.')
}

/** Lines of at most so many characters, broken at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
