/**
 * `npm run tail` measures the tail of the house, as tables in Markdown: the longest files and functions, the most parameters, the files with
 * the most imports and importers, and the exported names of rooms without a comment. docs/decisions/0022 has what it said, and what followed.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { listFiles } from './list-files.ts'
import { isTest, lineOf, referencesOf, type SourceFile, walk } from './rooms/source-file.ts'

interface Measured {
  readonly name: string
  readonly size: number
}

/** How many of the largest are named. */
const shown = 5

/** The sources under `src/` that are no tests. */
export function readSources(root: string): SourceFile[] {
  return listFiles(root, 'src')
    .filter((path) => /\.tsx?$/.test(path) && !isTest(path))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return { path, syntax: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) }
    })
}

function linesOf(file: SourceFile, node: ts.Node): number {
  const at = (place: number): number => file.syntax.getLineAndCharacterOfPosition(place).line
  return at(node.getEnd()) - at(node.getStart(file.syntax)) + 1
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined
}

/** What a function is called: its own name, or that of what it is given to. */
function nameOf(file: SourceFile, node: ts.FunctionLikeDeclaration): string {
  const named = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined)
  const own = named?.getText(file.syntax) ?? (ts.isConstructorDeclaration(node) ? 'constructor' : 'function')
  return `${file.path}:${lineOf(file, node)} ${own}`
}

/** Every function with a body: its lines, from its first to its last, and its parameters. */
export function functionsOf(file: SourceFile): { readonly lines: Measured; readonly parameters: Measured }[] {
  const found: { lines: Measured; parameters: Measured }[] = []
  walk(file.syntax, (node) => {
    if (!isFunction(node)) return
    const name = nameOf(file, node)
    found.push({
      lines: { name, size: linesOf(file, node) },
      parameters: { name, size: node.parameters.length },
    })
  })
  return found
}

/**
 * Exported names of a file that have no comment before them; none of an `index.ts`, whose names are commented where they are. A name with several
 * forms has one comment, before the first; what is a `Command` says in its `summary` what it does.
 */
export function uncommentedExports(file: SourceFile): string[] {
  if (file.path.endsWith('/index.ts')) return []
  const seen = new Set<string>()
  return file.syntax.statements.flatMap((statement) => {
    const isCommented = ts.getJSDocCommentsAndTags(statement).length > 0
    return exportedNames(file, statement).flatMap((name) => {
      const isFirst = !seen.has(name)
      seen.add(name)
      return isFirst && !isCommented ? [`${file.path}:${lineOf(file, statement)} ${name}`] : []
    })
  })
}

function exportedNames(file: SourceFile, statement: ts.Statement): string[] {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : []
  if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return []
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations
      .filter(({ type }) => type?.getText(file.syntax) !== 'Command')
      .map(({ name }) => name.getText(file.syntax))
  return 'name' in statement && statement.name !== undefined
    ? [(statement.name as ts.Node).getText(file.syntax)]
    : []
}

function fans(files: readonly SourceFile[]): { readonly out: Measured[]; readonly in: Measured[] } {
  const importers = new Map<string, Set<string>>()
  const out = files.map((file) => {
    const targets = new Set(referencesOf(file).flatMap(({ target }) => (target === null ? [] : [target])))
    for (const target of targets) importers.set(target, (importers.get(target) ?? new Set()).add(file.path))
    return { name: file.path, size: targets.size }
  })
  return { out, in: [...importers].map(([name, from]) => ({ name, size: from.size })) }
}

/** The value that a share of all is no larger than; they are in ascending order. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

function row(what: string, all: readonly Measured[]): string {
  const sizes = all.map(({ size }) => size).sort((a, b) => a - b)
  const [p50, p90, p99, most] = [0.5, 0.9, 0.99, 1].map((share) => percentile(sizes, share))
  return `| ${what} | ${all.length} | ${p50} | ${p90} | ${p99} | ${most} |`
}

function largest(what: string, all: readonly Measured[]): string {
  const named = [...all].sort((a, b) => b.size - a.size).slice(0, shown)
  return [`${what}:`, ...named.map(({ name, size }) => `- ${size} \`${name}\``)].join('\n')
}

export function main(): number {
  const files = readSources(process.cwd())
  const lines = files.map((file) => ({ name: file.path, size: file.syntax.getLineStarts().length - 1 }))
  const functions = files.flatMap(functionsOf)
  const { out, in: fanIn } = fans(files)
  const functionLines = functions.map((one) => one.lines)
  const parameters = functions.map((one) => one.parameters)
  console.log('| | number | p50 | p90 | p99 | most |\n| --- | --- | --- | --- | --- | --- |')
  console.log(row('files, lines', lines))
  console.log(row('functions, lines', functionLines))
  console.log(row('functions, parameters', parameters))
  console.log(row('files, imports of ours', out))
  console.log(row('files, importers', fanIn))
  for (const [what, all] of [
    ['Longest files', lines],
    ['Longest functions', functionLines],
    ['Most parameters', parameters],
    ['Most imports', out],
    ['Most importers', fanIn],
  ] as const)
    console.log(`\n${largest(what, all)}`)
  const uncommented = files.flatMap(uncommentedExports)
  console.log(`\nExported names without a comment: ${uncommented.length}.`)
  for (const name of uncommented) console.log(`- \`${name}\``)
  return 0
}
