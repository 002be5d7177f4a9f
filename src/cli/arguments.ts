import { TallymanError } from '../errors.ts'
import { nearestName } from '../job/index.ts'
import { parseSize } from '../quantities.ts'
import { type Flag, placeholderOf } from './flag.ts'
import { flagsOf } from './flags.ts'

/** A command's arguments, checked against the table of flags. */
export class Arguments {
  /** What is no flag, in order. */
  readonly positionals: readonly string[]
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals
    this.#values = values
  }

  /** The same flags with other arguments beside them. */
  withPositionals(positionals: readonly string[]): Arguments {
    return new Arguments(positionals, this.#values)
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

/** A flag as it was met: what stands behind it in the same word, and the word itself. */
interface Met {
  readonly flag: Flag
  readonly inline: string | null
}

/**
 * Takes a command line apart: `--name value`, `--name=value`, `-n value`, `-nvalue`, switches together as `-nq`, and after
 * `--` nothing but arguments.
 *
 * @throws {TallymanError} `usage` for a flag the command does not have, one without its value, or a value it does not take
 */
export function parseArguments(command: string, argv: readonly string[]): Arguments {
  const known = flagsOf(command)
  const positionals: string[] = []
  const values = new Map<string, string[]>()
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      positionals.push(...rest)
      break
    }
    if (word === '-' || !word.startsWith('-')) {
      positionals.push(word)
      continue
    }
    for (const { flag, inline } of findFlags(command, known, word)) {
      const value = takeValue(flag, inline, rest, known)
      checkValue(flag, value)
      values.set(flag.name, [...(values.get(flag.name) ?? []), value])
    }
  }
  return new Arguments(positionals, values)
}

function findFlags(command: string, known: readonly Flag[], word: string): Met[] {
  if (!word.startsWith('--')) return findShort(command, known, word)
  const equals = word.indexOf('=')
  const name = word.slice(2, equals === -1 ? undefined : equals)
  const flag = known.find((one) => one.name === name)
  if (flag === undefined) throw unknownFlag(command, known, `--${name}`)
  return [{ flag, inline: equals === -1 ? null : word.slice(equals + 1) }]
}

/** Switches may stand together; the first flag that takes a value takes the rest of the word. */
function findShort(command: string, known: readonly Flag[], word: string): Met[] {
  const met: Met[] = []
  for (let at = 1; at < word.length; at++) {
    const flag = known.find(({ short }) => short === word[at])
    if (flag === undefined) throw unknownFlag(command, known, word)
    if (flag.takes.kind !== 'switch') {
      const inline = word.slice(at + 1)
      return [...met, { flag, inline: inline === '' ? null : inline }]
    }
    met.push({ flag, inline: null })
  }
  return met
}

function unknownFlag(command: string, known: readonly Flag[], word: string): TallymanError {
  const near = meantFlag(
    word.replace(/^-+/, ''),
    known.map(({ name }) => name),
  )
  const meant = near === null ? '' : `Did you mean --${near}? `
  // Two dashes are hardly ever the beginning of a file's name.
  const file = word.startsWith('--') || near !== null ? '' : ' If it is a name, write it after "--".'
  return new TallymanError('usage', `"tallyman ${command}" has no option ${JSON.stringify(word)}.`, {
    wayOut: `${meant}\`tallyman ${command} --help\` lists them all.${file}`,
  })
}

/** A shorter or longer word for it is no misspelling: `--output` is `--out`, `--mem` is `--memory`. */
function meantFlag(given: string, names: readonly string[]): string | null {
  const isBeginning = (name: string): boolean =>
    Math.min(given.length, name.length) >= 3 && (given.startsWith(name) || name.startsWith(given))
  return nearestName(given, names) ?? names.find(isBeginning) ?? null
}

/** The flag's value: the rest of its word, or the next word, which is taken from `rest`. */
function takeValue(flag: Flag, inline: string | null, rest: string[], known: readonly Flag[]): string {
  if (flag.takes.kind === 'switch') {
    if (inline === null) return ''
    throw new TallymanError(
      'usage',
      `Option --${flag.name} takes no value; it was given ${JSON.stringify(inline)}.`,
      { wayOut: `Say just --${flag.name}, or leave it out.` },
    )
  }
  if (inline !== null) return inline
  const [next] = rest
  if (next === undefined || isFlag(next, known)) {
    const given = next === undefined ? '' : `; ${JSON.stringify(next)} is an option itself`
    throw new TallymanError('usage', `Option --${flag.name} needs a value${given}.`, {
      wayOut: `Say --${flag.name} ${placeholderOf(flag)}.`,
    })
  }
  rest.shift()
  return next
}

/** Is this word meant as a flag, where a value is looked for? */
function isFlag(word: string, known: readonly Flag[]): boolean {
  return /^--./.test(word) || known.some(({ short }) => short !== undefined && word === `-${short}`)
}

function checkValue({ name, takes }: Flag, value: string): void {
  const refuse = (what: string): TallymanError =>
    new TallymanError('usage', `Option --${name} is ${JSON.stringify(value)}; it takes ${what}.`)
  switch (takes.kind) {
    case 'switch':
    case 'text':
      return
    case 'count':
      if (
        /^\d{1,9}$/.test(value) &&
        Number(value) >= takes.least &&
        Number(value) <= (takes.most ?? Infinity)
      )
        return
      throw refuse(`a whole number from ${takes.least}${takes.most === undefined ? '' : ` to ${takes.most}`}`)
    case 'size':
      if (takes.words?.includes(value) || parseSize(value) !== null) return
      throw refuse(
        `a size such as 512M or 2G${takes.words === undefined ? '' : `, or ${takes.words.join(' or ')}`}`,
      )
    case 'choice':
      if (takes.choices.includes(value)) return
      throw refuse(sayOneOf(takes.choices))
  }
}

/** `a, b or c`. */
export function sayOneOf(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}
