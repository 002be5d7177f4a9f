import { describe, expect, it } from 'vitest'
import { widthOf } from './cells.ts'
import { commands } from './command-list.ts'
import { flags, flagsOf } from './flags.ts'
import { commandHelp, flagSentences, flagUsage, overview, sentence, wrap } from './help.ts'

const widthOfLongest = (text: string): number => Math.max(...text.split('\n').map(widthOf))

describe('flags', () => {
  it('belong to commands there are', () => {
    const names = commands.map(({ name }) => name)
    for (const flag of flags) for (const command of flag.commands ?? []) expect(names).toContain(command)
  })

  it.each(commands.map(({ name }) => name))('have one meaning each for %s', (name) => {
    const names = flagsOf(name).map((flag) => flag.name)
    const shorts = flagsOf(name).flatMap(({ short }) => short ?? [])
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(shorts).size).toBe(shorts.length)
  })

  it('are described as sentences that begin small and end without a full stop', () => {
    for (const { help, name } of flags)
      expect([name, help]).toEqual([name, expect.stringMatching(/^[^A-Z].*[^.]$/)])
  })
})

describe('overview', () => {
  const text = overview(commands, '1.2.3')

  it('shows the version and every command with its operands and summary', () => {
    expect(text).toMatch(/^tallyman 1\.2\.3: /)
    const flat = text.replaceAll(/\s+/g, ' ')
    for (const { name, operands, summary } of commands)
      expect(flat).toContain(`${name} ${operands} ${summary}`.replaceAll(/\s+/g, ' '))
  })

  it('says where to start', () => {
    expect(text).toMatch(/\nStart with: tallyman new words$/)
  })
})

describe.each(commands.map((command) => [command.name, command] as const))(
  'commandHelp of %s',
  (name, command) => {
    const text = commandHelp(command)

    it('begins with how the command is typed and ends with an example of it', () => {
      expect(text.split('\n')[0]).toBe(`Usage: tallyman ${`${name} ${command.operands}`.trim()}`)
      expect(text.split('\n').at(-1)).toMatch(new RegExp(`^Example: .*tallyman ${name}`))
    })

    it('lists every flag of the command with all that it says, and no other flag', () => {
      const flat = text.replaceAll(/\s+/g, ' ')
      for (const flag of flagsOf(name))
        expect(flat).toContain(`${flagUsage(flag).trim()} ${flagSentences(flag)}`.replaceAll(/\s+/g, ' '))
      const listed = [...text.matchAll(/^ {2}(?:-\w, | {4})--([a-z-]+)/gm)].map(([, flag]) => flag)
      expect(listed).toEqual(flagsOf(name).map((flag) => flag.name))
    })

    it.each([40, 64, 80, 100])('fits into %d columns, but for words that are longer', (columns) => {
      const longest = Math.max(
        ...text
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => !line.includes(' '))
          .map(widthOf),
        0,
      )
      const fixed = widthOf(`Example: ${command.example}`)
      const usages = Math.max(...flagsOf(name).map((flag) => widthOf(flagUsage(flag)) + 2))
      expect(widthOfLongest(commandHelp(command, columns))).toBeLessThanOrEqual(
        Math.max(columns, longest, fixed, usages),
      )
    })
  },
)

describe('flagUsage', () => {
  it.each([
    ['run', 'out', '-o, --out DIR'],
    ['run', 'max-bad', '    --max-bad N|P%'],
    ['run', 'isolation', expect.stringMatching(/^ {4}--isolation process\|thread/)],
    ['run', 'quiet', '-q, --quiet'],
  ])('shows a flag of %s as it is typed: %s', (command, name, usage) => {
    expect(flagUsage(flagsOf(command).find((flag) => flag.name === name)!)).toEqual(usage)
  })
})

describe('flagSentences', () => {
  it('says which flags may be repeated', () => {
    const [param, out] = ['param', 'out'].map((name) => flagsOf('run').find((flag) => flag.name === name)!)
    expect(flagSentences(param!)).toMatch(/ May be repeated\.$/)
    expect(flagSentences(out!)).not.toContain('repeated')
  })
})

describe('sentence', () => {
  it.each([
    ['shows this', 'Shows this.'],
    ['is it?', 'Is it?'],
    ['"-" writes', '"-" writes.'],
    ['', '.'],
  ])('makes a sentence of %j', (text, whole) => {
    expect(sentence(text)).toBe(whole)
  })
})

describe('wrap', () => {
  it('breaks at spaces, as late as it can', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four'])
    expect(wrap('one two', 7)).toEqual(['one two'])
  })

  it('leaves a word alone that is longer than a line', () => {
    expect(wrap('a 0123456789 b', 5)).toEqual(['a', '0123456789', 'b'])
  })

  it('loses no word', () => {
    const text = 'Of one two three four five six seven eight nine ten words none is lost'
    for (let width = 1; width < 80; width++) expect(wrap(text, width).join(' ')).toBe(text)
  })
})
