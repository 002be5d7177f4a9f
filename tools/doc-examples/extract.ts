/** Finds the documents, and the examples in them and in the docstrings of `src/`. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { listFiles } from '../list-files.ts'
import { blocksOf, type Extracted } from './block.ts'

/** Every docstring of a file: its Markdown with as many lines as it has, and where it starts. */
function docstringsOf(text: string): { readonly markdown: string; readonly linesBefore: number }[] {
  const syntax = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true)
  const starts = new Map<number, number>()
  const visit = (node: ts.Node): void => {
    for (const { pos, end } of ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []) {
      if (text.startsWith('/**', pos)) starts.set(pos, end)
    }
    for (const child of node.getChildren(syntax)) visit(child)
  }
  visit(syntax)
  return [...starts]
    .sort(([a], [b]) => a - b)
    .map(([pos, end]) => ({
      markdown: text
        .slice(pos + '/**'.length, end - '*/'.length)
        .split('\n')
        .map((line, index) => (index === 0 ? line : line.replace(/^\s*\* ?/, '')))
        .join('\n'),
      linesBefore: syntax.getLineAndCharacterOfPosition(pos).line,
    }))
}

/** The documents whose every block of TypeScript is kept true. */
function documentPaths(root: string): string[] {
  const top = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'].filter((path) =>
    existsSync(join(root, path)),
  )
  const guides = listFiles(root, 'docs').filter((path) => path.endsWith('.md'))
  const examples = listFiles(root, 'examples').filter((path) => path.endsWith('/README.md'))
  return [...top, ...guides, ...examples]
}

/** All blocks of the project at `root`: documents first, then docstrings, each in order of path and line. */
export function extract(root: string): Extracted {
  const found: Extracted[] = documentPaths(root).map((path) =>
    blocksOf(path, readFileSync(join(root, path), 'utf8')),
  )
  const sources = listFiles(root, 'src').filter((path) => /(?<!\.test|\.test-d|\.d)\.ts$/.test(path))
  for (const path of sources) {
    for (const { markdown, linesBefore } of docstringsOf(readFileSync(join(root, path), 'utf8'))) {
      found.push(blocksOf(path, markdown, linesBefore))
    }
  }
  return {
    blocks: found.flatMap(({ blocks }) => blocks),
    findings: found.flatMap(({ findings }) => findings),
  }
}
