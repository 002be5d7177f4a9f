/** A parsed file of the project, what is wrong with one, and what it refers to. */
import { posix } from 'node:path'
import ts from 'typescript'

export interface SourceFile {
  /** From the project's root, for example `src/record/key.ts`. */
  readonly path: string
  readonly syntax: ts.SourceFile
}

/** One place where a law is broken. */
export interface Violation {
  readonly path: string
  /** From 1. */
  readonly line: number
  /** Which law, and what breaks it, as a sentence. */
  readonly what: string
  /** What to do, as a sentence. */
  readonly wayOut: string
}

/** One mention of another file or package, whatever its syntax. */
export interface Reference {
  readonly specifier: string
  /** The file from the project's root when the specifier is relative; null for a package. */
  readonly target: string | null
  /** From 1. */
  readonly line: number
  readonly node: ts.Node
}

export function lineOf(file: SourceFile, node: ts.Node): number {
  return file.syntax.getLineAndCharacterOfPosition(node.getStart(file.syntax)).line + 1
}

export function isTest(path: string): boolean {
  return /\.(test|test-d|property\.test)\.tsx?$/.test(path)
}

/** Calls `visit` with every node of the file, parents first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined
}

/** The module a node names: import, re-export, `import()`, `import('…')` as a type, `require()`, `import x = require()`. */
function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier)
  if (ts.isExternalModuleReference(node)) return textOf(node.expression)
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : undefined
  if (!ts.isCallExpression(node)) return undefined
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require'
  return isImport || isRequire ? textOf(node.arguments[0]) : undefined
}

/** Where a relative specifier leads, as a source path: what is written `./key.js` or `./key` is `./key.ts` here. */
function resolve(from: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null
  const path = posix.join(posix.dirname(from), specifier)
  if (/\.[cm]?js$/.test(path)) return path.replace(/js$/, 'ts')
  return posix.extname(path) === '' ? `${path}.ts` : path
}

/** Every reference of a file, in the order written. */
export function referencesOf(file: SourceFile): Reference[] {
  const found: Reference[] = []
  walk(file.syntax, (node) => {
    const specifier = specifierOf(node)
    if (specifier === undefined) return
    found.push({ specifier, target: resolve(file.path, specifier), line: lineOf(file, node), node })
  })
  for (const { fileName, pos } of file.syntax.referencedFiles) {
    const line = file.syntax.getLineAndCharacterOfPosition(pos).line + 1
    found.push({ specifier: fileName, target: resolve(file.path, `./${fileName}`), line, node: file.syntax })
  }
  return found
}
