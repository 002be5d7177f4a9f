import { TallymanError } from '../errors.ts'
import { nearestName } from '../job/index.ts'
import { type Flag, flagsOf, placeholderOf } from './flags.ts'
import { parseSize } from './quantities.ts'

/** A command's arguments, checked against the table of flags. */
export class Arguments {
  /** What is no flag, in order. */
  readonly positionals: readonly string[]
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals
    this.#values = values
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** The flag's text, the last one where it was given several times; null where it was not given. */
  text(name: string): string | null {
    return this.#values.get(name)?.at(-1) ?? null
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  count(name: string): number | null {
    const text = this.text(name)
    return text === null ? null : Number(text)
  }

  /** Bytes; null where the flag was not given. */
  size(name: string): number | null {
    const text = this.text(name)
    return text === null ? null : parseSize(text)
  }
}

/**
 * Takes a command line apart: `--name value`, `--name=value`, `-n value`, `-nvalue`, and after `--` nothing but arguments.
 *
 * @throws {TallymanError} `usage` for a flag the command does not have, one without its value, or a value it does not take
 */
export function parseArguments(command: string, argv: readonly string[]): Arguments {
  const known = flagsOf(command)
  const positionals: string[] = []
  const values = new Map<string, string[]>()
  const rest = argv.values()
  for (const word of rest) {
    if (word === '--') {
      positionals.push(...rest)
      break
    }
    if (word === '-' || !word.startsWith('-')) {
      positionals.push(word)
      continue
    }
    const { flag, inline } = findFlag(command, known, word)
    const value = takeValue(flag, inline, rest)
    checkValue(flag, value)
    values.set(flag.name, [...(values.get(flag.name) ?? []), value])
  }
  return new Arguments(positionals, values)
}

function findFlag(
  command: string,
  known: readonly Flag[],
  word: string,
): { readonly flag: Flag; readonly inline: string | null } {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=')
    const name = word.slice(2, equals === -1 ? undefined : equals)
    const flag = known.find((one) => one.name === name)
    if (flag === undefined) throw unknownFlag(command, known, `--${name}`)
    return { flag, inline: equals === -1 ? null : word.slice(equals + 1) }
  }
  const flag = known.find(({ short }) => short === word[1])
  if (flag === undefined) throw unknownFlag(command, known, word)
  return { flag, inline: word.length > 2 ? word.slice(2) : null }
}

function unknownFlag(command: string, known: readonly Flag[], word: string): TallymanError {
  const near = nearestName(
    word.replace(/^-+/, ''),
    known.map(({ name }) => name),
  )
  const meant = near === null ? '' : `Did you mean --${near}? `
  return new TallymanError('usage', `"tallyman ${command}" has no option ${JSON.stringify(word)}.`, {
    wayOut: `${meant}\`tallyman ${command} --help\` lists them all.`,
  })
}

function takeValue(flag: Flag, inline: string | null, rest: Iterator<string>): string {
  if (flag.takes.kind === 'switch') {
    if (inline === null) return ''
    throw new TallymanError(
      'usage',
      `Option --${flag.name} takes no value; it was given ${JSON.stringify(inline)}.`,
    )
  }
  if (inline !== null) return inline
  const next = rest.next()
  if (next.done === true || (next.value.startsWith('--') && next.value.length > 2)) {
    throw new TallymanError('usage', `Option --${flag.name} needs a value.`, {
      wayOut: `Say --${flag.name} ${placeholderOf(flag)}.`,
    })
  }
  return next.value
}

function checkValue({ name, takes }: Flag, value: string): void {
  const refuse = (what: string): TallymanError =>
    new TallymanError('usage', `Option --${name} is ${JSON.stringify(value)}; it takes ${what}.`)
  switch (takes.kind) {
    case 'switch':
    case 'text':
      return
    case 'count':
      if (/^\d{1,9}$/.test(value) && Number(value) >= takes.least) return
      throw refuse(`a whole number from ${takes.least}`)
    case 'size':
      if (takes.words?.includes(value) || parseSize(value) !== null) return
      throw refuse(
        `a size such as 512M or 2G${takes.words === undefined ? '' : `, or ${takes.words.join(' or ')}`}`,
      )
    case 'choice':
      if (takes.choices.includes(value)) return
      throw refuse(takes.choices.join(', '))
  }
}
