/**
 * The law of the rooms, kept by a program: `npm run rooms`.
 *
 * The rooms under `src/` stand in one order. A file imports its own room's files, and from the rooms above it what
 * their `index.ts` offers; never from below. A type import is an import. The law's text is in CONTRIBUTING.md.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { listFiles } from './list-files.ts'
import { findCycles } from './rooms/cycles.ts'
import { checkBin, checkImports, checkIndex, checkPlace } from './rooms/law.ts'
import { checkPurity } from './rooms/purity.ts'
import type { SourceFile, Violation } from './rooms/source-file.ts'

function parse(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8')
  const kind = path.endsWith('.tsx') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  return { path, syntax: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind) }
}

/**
 * Everything in the tree at `root` that breaks the law, in order of path and line. Reads every file under `src/` and
 * `bin/`; a project without them keeps the law.
 */
export function checkRooms(root: string): Violation[] {
  const paths = listFiles(root, 'src')
  const files = paths.filter((path) => /\.[cm]?tsx?$/.test(path)).map((path) => parse(root, path))
  const bin = listFiles(root, 'bin').map((path) => parse(root, path))
  const violations = [
    ...paths.flatMap(checkPlace),
    ...files.flatMap((file) => [...checkImports(file), ...checkIndex(file), ...checkPurity(file)]),
    ...findCycles(files),
    ...bin.flatMap(checkBin),
  ]
  return violations.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line))
}

export function main(): number {
  const violations = checkRooms(process.cwd())
  for (const { path, line, what, wayOut } of violations)
    console.error(`${path}:${line} ${what}\n    ${wayOut}`)
  if (violations.length === 0) console.log('The law of the rooms holds.')
  else console.error(`Breaches of the law of the rooms: ${violations.length}.`)
  return violations.length === 0 ? 0 : 1
}
