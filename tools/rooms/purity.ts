/**
 * The pure rooms, `record/`, `job/` and `flow/`, and the folder `run/state/`, never read the clock, the environment, chance or the process, so that
 * the same input gives the same bytes wherever they run.
 */
import { builtinModules } from 'node:module'
import ts from 'typescript'
import { isTest, lineOf, referencesOf, type SourceFile, type Violation, walk } from './source-file.ts'

const pureRooms = /^src\/(record|job|flow|run\/state)\//

/** Node's modules that are functions of their arguments. */
const pureModules: ReadonlySet<string> = new Set([
  'assert',
  'buffer',
  'crypto',
  'string_decoder',
  'util',
  'zlib',
])

/** Exports of pure modules that are not. */
const impureExports: ReadonlySet<string> = new Set([
  'getRandomValues',
  'randomBytes',
  'randomFill',
  'randomFillSync',
  'randomInt',
  'randomUUID',
  'webcrypto',
])

/** Globals whose very mention is impure; a local may not bear the name either, so that the eye is not fooled. */
const impureGlobals: ReadonlyMap<string, string> = new Map([
  ['process', 'the process'],
  ['performance', 'the clock'],
  ['globalThis', 'the environment'],
  ['global', 'the environment'],
  ['setTimeout', 'the clock'],
  ['setInterval', 'the clock'],
  ['fetch', 'the network'],
])

/** Members that depend on what they belong to: `Date.now`, `Math.random`, `crypto.randomUUID`. */
const impureMembers: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['Date', new Set(['now'])],
  ['Math', new Set(['random'])],
  ['crypto', impureExports],
])

/** Methods that answer by the machine's language or time zone, whatever they are called on. */
const localeMethods = /^(localeCompare|toLocale\w*|getTimezoneOffset)$/

function isDeclaredName(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent)) {
    return node === (ts.isQualifiedName(parent) ? parent.right : parent.name)
  }
  const isMember =
    ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent)
  if (isMember || ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent)) return parent.name === node
  return false
}

/** What an impure `Date` reads; undefined for `new Date(ms)` and for everything that is no call of Date. */
function dateReads(node: ts.Node): string | undefined {
  const isCall = ts.isNewExpression(node) || ts.isCallExpression(node)
  if (!isCall || !ts.isIdentifier(node.expression) || node.expression.text !== 'Date') return undefined
  const given = node.arguments?.length ?? 0
  if (ts.isCallExpression(node) || given === 0) return 'the clock'
  return given === 1 ? undefined : 'the time zone'
}

/** What a member of an object reads that is impure, whether it is named by a dot, by brackets or by destructuring. */
function memberReads(node: ts.Node): { readonly name: string; readonly reads: string } | undefined {
  if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name)) {
    const owner = node.initializer?.getText() ?? ''
    const taken = node.name.elements.map((element) => (element.propertyName ?? element.name).getText())
    const name = taken.find((member) => impureMembers.get(owner)?.has(member))
    return name === undefined
      ? undefined
      : { name: `${owner}.${name}`, reads: owner === 'Date' ? 'the clock' : 'chance' }
  }
  const isAccess = ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)
  if (!isAccess) return undefined
  const member = ts.isPropertyAccessExpression(node) ? node.name : node.argumentExpression
  if (!ts.isIdentifier(member) && !ts.isStringLiteralLike(member)) return undefined
  const owner = node.expression.getText()
  if (impureMembers.get(owner)?.has(member.text)) {
    return { name: `${owner}.${member.text}`, reads: owner === 'Date' ? 'the clock' : 'chance' }
  }
  return localeMethods.test(member.text)
    ? { name: member.text, reads: "the machine's language or time zone" }
    : undefined
}

function impurityOf(node: ts.Node): { readonly name: string; readonly reads: string } | undefined {
  const read = dateReads(node)
  if (read !== undefined) return { name: node.getText(), reads: read }
  if (ts.isIdentifier(node)) {
    const reads = impureGlobals.get(node.text)
    return reads === undefined || isDeclaredName(node) ? undefined : { name: node.text, reads }
  }
  return memberReads(node)
}

function impureImports(file: SourceFile): Violation[] {
  return referencesOf(file).flatMap(({ specifier, line, node }) => {
    const name = specifier.replace(/^node:/, '')
    if (!specifier.startsWith('node:') && !builtinModules.includes(name)) return []
    const clause = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : undefined
    const names = clause !== undefined && ts.isNamedImports(clause) ? clause.elements : []
    const chance = names
      .map((element) => (element.propertyName ?? element.name).text)
      .find((one) => impureExports.has(one))
    if (pureModules.has(name.split('/')[0] ?? '') && chance === undefined) return []
    return [
      breach(
        file,
        line,
        chance === undefined ? `imports "${specifier}"` : `imports ${chance} of "${specifier}"`,
      ),
    ]
  })
}

function breach(file: SourceFile, line: number, what: string): Violation {
  return {
    path: file.path,
    line,
    what: `${what}: record/, job/, flow/ and run/state/ are pure, so that the same input gives the same bytes.`,
    wayOut:
      'Take it as a parameter; let a room below (host, executor, run) read it, or what lies beside run/state/.',
  }
}

/** What a file of a pure room reads that is not among its arguments. Tests may read what they like. */
export function checkPurity(file: SourceFile): Violation[] {
  if (!pureRooms.test(file.path) || isTest(file.path)) return []
  const violations = impureImports(file)
  walk(file.syntax, (node) => {
    const impurity = impurityOf(node)
    if (impurity === undefined) return
    violations.push(breach(file, lineOf(file, node), `reads ${impurity.reads} through \`${impurity.name}\``))
  })
  return violations
}
