import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import type { SourceFile } from './rooms/source-file.ts'
import { functionsOf, percentile, readSources, uncommentedExports } from './tail.ts'

/** Most functions fit on a screen; the few that do not are no longer than this. */
const functionLinesMax = 90
const functionLinesP99 = 60

function parse(text: string): SourceFile {
  return { path: 'src/a.ts', syntax: ts.createSourceFile('src/a.ts', text, ts.ScriptTarget.Latest, true) }
}

describe('tail', () => {
  it('measures every function that has a body', () => {
    const file = parse(
      'interface A { b(c: string): void }\nfunction d(): void\nfunction d(e?: number): void {\n  const f = () => 1\n  f()\n}\nclass G {\n  constructor() {}\n}\n',
    )
    expect(
      functionsOf(file).map(({ lines, parameters }) => [lines.name, lines.size, parameters.size]),
    ).toEqual([
      ['src/a.ts:3 d', 4, 1],
      ['src/a.ts:4 f', 1, 0],
      ['src/a.ts:8 constructor', 1, 0],
    ])
  })

  it('names what is exported without a comment, once for all forms of it', () => {
    const file = parse(
      '/** Said. */\nexport const a = 1\nexport const b = 2, c: Command = 3\nconst d = 4\n/** Said. */\nexport function e(): void\nexport function e(f?: 1): void {}\nexport interface G {}\n',
    )
    expect(uncommentedExports(file)).toEqual(['src/a.ts:3 b', 'src/a.ts:8 G'])
  })

  it('gives the value that a share is no larger than', () => {
    expect([0.5, 0.9, 1].map((share) => percentile([1, 2, 3, 4, 50], share))).toEqual([3, 50, 50])
    expect(percentile([], 0.5)).toBe(0)
  })

  it('finds the house as it is to be', () => {
    const files = readSources(fileURLToPath(new URL('..', import.meta.url)))
    expect(
      files.flatMap(uncommentedExports),
      'Say of each what its name does not: shape, units, order, what null means, who uses it.',
    ).toEqual([])
    const functions = files.flatMap(functionsOf).map(({ lines }) => lines)
    const tooLong = functions.filter(({ size }) => size > functionLinesMax).map(({ name }) => name)
    expect(tooLong, 'Move what has a name of its own into a function of its own.').toEqual([])
    const sizes = functions.map(({ size }) => size).sort((a, b) => a - b)
    expect(percentile(sizes, 0.99)).toBeLessThanOrEqual(functionLinesP99)
  })
})
