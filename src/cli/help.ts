/** Help, made of the commands and the table of flags. */
import type { Command } from './command.ts'
import { type Flag, placeholderOf } from './flag.ts'
import { flagsOf } from './flags.ts'

/** Help is written for so many columns where there is no terminal. */
const helpColumns = 80
const columnsMin = 40
const columnsMax = 100
/** Where what a flag does begins, and on a narrow terminal on a line of its own. */
const flagColumn = 28
const narrowFlagColumn = 8
const narrowColumns = 64

/** What `tallyman --help` shows. */
export function overview(commands: readonly Command[], version: string, columns = helpColumns): string {
  const width = boundedWidth(columns)
  const nameWidth = Math.max(...commands.map((command) => usageOf(command).length)) + 4
  return [
    ...wrap(`tallyman ${version}: MapReduce for archives too big for one core.`, width),
    '',
    'Usage: tallyman COMMAND …',
    '',
    ...commands.flatMap((command) =>
      hanging(`  ${usageOf(command)}`, command.summary, { column: nameWidth, width }),
    ),
    '',
    ...wrap(
      '`tallyman COMMAND --help` says more of each; `tallyman run JOB --help` says what a job does and takes.',
      width,
    ),
    'Start with: tallyman new words',
  ].join('\n')
}

/** What `tallyman COMMAND --help` shows. */
export function commandHelp(command: Command, columns = helpColumns): string {
  const width = boundedWidth(columns)
  return [
    `Usage: tallyman ${usageOf(command)}`,
    '',
    ...[sentence(command.summary), ...(command.details ?? [])].flatMap((text) => wrap(text, width)),
    '',
    'Options:',
    ...flagsOf(command.name).flatMap((flag) => flagLines(flag, width)),
    '',
    `Example: ${command.example}`,
  ].join('\n')
}

/** A command as it is typed: `run JOB INPUT…`. */
export function usageOf({ name, operands }: Command): string {
  return operands === '' ? name : `${name} ${operands}`
}

/** A flag as it is typed: `-o, --out DIR`. */
export function flagUsage(flag: Flag): string {
  const placeholder = placeholderOf(flag)
  const short = flag.short === undefined ? '    ' : `-${flag.short}, `
  return `${short}--${flag.name}${placeholder === '' ? '' : ` ${placeholder}`}`
}

/** What a flag is or does, in whole sentences. */
export function flagSentences(flag: Flag): string {
  const again = flag.takes.kind === 'text' && flag.takes.repeat === true ? ' May be repeated.' : ''
  return sentence(flag.help) + again
}

function flagLines(flag: Flag, width: number): string[] {
  const column = width < narrowColumns ? narrowFlagColumn : flagColumn
  return hanging(`  ${flagUsage(flag)}`, flagSentences(flag), { column, width })
}

/** A head, and text that begins at a column: on the head's line where there is room, else on the next. */
function hanging(
  head: string,
  text: string,
  { column, width }: { readonly column: number; readonly width: number },
): string[] {
  const indent = Math.min(column, Math.floor(width / 2))
  const [first = '', ...rest] = wrap(text, width - indent).map((line) => ' '.repeat(indent) + line)
  return head.length + 2 <= indent ? [head + first.slice(head.length), ...rest] : [head, first, ...rest]
}

function boundedWidth(columns: number): number {
  return Math.min(columnsMax, Math.max(columnsMin, columns))
}

/** A text that begins like the rest of a sentence, as a sentence. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.')
}

/** Lines of at most so many characters, broken at spaces; a longer word stands alone. */
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
