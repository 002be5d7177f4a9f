import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import type { SourceFile } from './rooms/source-file.ts'
import { functionsOf, percentile, uncommentedExports } from './tail.ts'

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
})
