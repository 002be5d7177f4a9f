import { describe, expect, it } from 'vitest'
import { parseArguments, sayOneOf } from './arguments.ts'

describe('parseArguments', () => {
  it.each([
    ['a word of its own', ['--workers', '3']],
    ['after an equals sign', ['--workers=3']],
    ['after its short name', ['-w', '3']],
    ['in the same word as its short name', ['-w3']],
  ])('takes a value as %s', (_, words) => {
    const args = parseArguments('run', ['job.ts', ...words, 'a.txt'])
    expect(args.count('workers')).toBe(3)
    expect(args.positionals).toEqual(['job.ts', 'a.txt'])
  })

  it('keeps everything behind the first equals sign', () => {
    expect(parseArguments('run', ['--param=a=b=c']).list('param')).toEqual(['a=b=c'])
    expect(parseArguments('run', ['--out=']).text('out')).toBe('')
  })

  it('takes everything behind -- for arguments, another -- too', () => {
    const args = parseArguments('run', ['-q', '--', '-dash.txt', '--quiet', '--'])
    expect(args.positionals).toEqual(['-dash.txt', '--quiet', '--'])
    expect(args.has('json')).toBe(false)
  })

  it('takes a lone dash for an argument, and for a value', () => {
    expect(parseArguments('run', ['-']).positionals).toEqual(['-'])
    expect(parseArguments('run', ['-o', '-']).text('out')).toBe('-')
  })

  it('takes switches that stand together, the last one with a value', () => {
    const args = parseArguments('run', ['-nqw2', 'a'])
    expect([args.has('dry-run'), args.has('quiet'), args.count('workers')]).toEqual([true, true, 2])
    expect(parseArguments('run', ['-qo', 'out']).text('out')).toBe('out')
  })

  it('collects a flag that may be repeated, and lets the last of another one count', () => {
    const args = parseArguments('run', ['--accept', 'a', '--accept=b', '-w', '1', '-w', '2'])
    expect(args.list('accept')).toEqual(['a', 'b'])
    expect(args.count('workers')).toBe(2)
  })

  it('says nothing of what was not given', () => {
    const args = parseArguments('run', [])
    expect([args.text('out'), args.count('workers'), args.size('memory'), args.has('quiet')]).toEqual([
      null,
      null,
      null,
      false,
    ])
    expect(args.list('param')).toEqual([])
  })

  it('gives a size in bytes', () => {
    expect(parseArguments('run', ['-m', '2G']).size('memory')).toBe(2 ** 31)
    expect(parseArguments('run', ['--split', 'whole']).text('split')).toBe('whole')
  })

  it('takes a negative number for a value', () => {
    expect(() => parseArguments('run', ['--rows', '-1'])).toThrow(
      'Option --rows is "-1"; it takes a whole number from 0.',
    )
  })

  it.each([
    [['--workers', 'many'], 'Option --workers is "many"; it takes a whole number from 1.'],
    [['--workers', '0'], 'Option --workers is "0"; it takes a whole number from 1.'],
    [['--workers', '1.5'], 'Option --workers is "1.5"; it takes a whole number from 1.'],
    [['--workers', '1e3'], 'Option --workers is "1e3"; it takes a whole number from 1.'],
    [['--memory', 'lots'], 'Option --memory is "lots"; it takes a size such as 512M or 2G.'],
    [['--memory', '0'], 'Option --memory is "0"; it takes a size such as 512M or 2G.'],
    [['--split', 'half'], 'Option --split is "half"; it takes a size such as 512M or 2G, or whole.'],
    [['--format', 'xls'], /^Option --format is "xls"; it takes jsonl, json, csv.* or .*\.$/],
    [['--isolation', 'vm'], /^Option --isolation is "vm"; it takes process, thread or container/],
    [['--quiet=no'], 'Option --quiet takes no value; it was given "no".'],
    [['--out'], 'Option --out needs a value.'],
    [['--out', '--quiet'], 'Option --out needs a value; "--quiet" is an option itself.'],
    [['-o', '-q'], 'Option --out needs a value; "-q" is an option itself.'],
    [['--jsno'], '"tallyman run" has no option "--jsno".'],
    [['--no\u001b[31m=x'], '"tallyman run" has no option "--no\\u001b[31m".'],
    [['-nx'], '"tallyman run" has no option "-nx".'],
  ])('refuses %j', (words, message) => {
    expect(() => parseArguments('run', words)).toThrow(expect.objectContaining({ code: 'usage' }))
    expect(() => parseArguments('run', words)).toThrow(message)
  })

  it.each([
    [['--jsno'], 'Did you mean --json?'],
    [['--worker', '2'], 'Did you mean --workers?'],
    [['--output', 'x'], 'Did you mean --out?'],
    [['--iso=thread'], 'Did you mean --isolation?'],
    [['-dash.txt'], 'If it is a name, write it after "--".'],
    [['--out'], 'Say --out DIR.'],
  ])('says what to do about %j', (words, wayOut) => {
    expect(() => parseArguments('run', words)).toThrow(
      expect.objectContaining({ wayOut: expect.stringContaining(wayOut) }),
    )
  })

  it('knows only the flags of its command', () => {
    expect(() => parseArguments('runs', ['--workers', '2'])).toThrow(
      '"tallyman runs" has no option "--workers".',
    )
  })
})

describe('sayOneOf', () => {
  it('joins names as a sentence does', () => {
    expect([sayOneOf([]), sayOneOf(['a']), sayOneOf(['a', 'b']), sayOneOf(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a or b',
      'a, b or c',
    ])
  })
})
