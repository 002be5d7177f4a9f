/** What an example says it prints: the comment after `console.log(…)`. */
import ts from 'typescript'

export interface Expectation {
  /** Place of the statement among those that promise something, from 0. */
  readonly id: number
  /** Line of the statement's end in the block, from 0. */
  readonly line: number
  readonly text: string
}

export interface Instrumented {
  /** The code, line for line, with `__printed(id)` for `console.log` where a value is promised. */
  readonly code: string
  readonly expectations: readonly Expectation[]
}

function isConsoleLog(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && /^console\s*\.\s*log$/.test(node.expression.getText())
}

function statementOf(node: ts.Node): ts.Node {
  let statement = node
  while (!(ts.isStatement(statement) && !ts.isBlock(statement)) && !ts.isSourceFile(statement))
    statement = statement.parent
  return statement
}

/** The comment's value: at the end of the statement's line, or on lines of their own below that begin with `// →`. */
function promiseAfter(syntax: ts.SourceFile, statement: ts.Node): string | undefined {
  const { text } = syntax
  const [trailing] = ts.getTrailingCommentRanges(text, statement.end) ?? []
  const promised = (comment: string) => comment.replace(/^\s*\/\/\s*(→\s*)?/, '').trim()
  if (trailing !== undefined) {
    return trailing.kind === ts.SyntaxKind.SingleLineCommentTrivia
      ? promised(text.slice(trailing.pos, trailing.end))
      : undefined
  }
  const below = text.slice(statement.end).split('\n').slice(1)
  if (!/^\s*\/\/ →/.test(below[0] ?? '')) return undefined
  const end = below.findIndex((line) => !/^\s*\/\//.test(line))
  return below
    .slice(0, end === -1 ? undefined : end)
    .map(promised)
    .join(' ')
}

/** Finds what an example promises to print and makes it tell what it prints there. */
export function instrument(code: string): Instrumented {
  const syntax = ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true)
  const expectations: Expectation[] = []
  const idOf = new Map<ts.Node, number>()
  const edits: { readonly start: number; readonly end: number; readonly id: number }[] = []
  const visit = (node: ts.Node): void => {
    if (isConsoleLog(node)) {
      const statement = statementOf(node)
      const text = promiseAfter(syntax, statement)
      if (text !== undefined && text !== '') {
        const id = idOf.get(statement) ?? expectations.length
        if (!idOf.has(statement)) {
          const { line } = syntax.getLineAndCharacterOfPosition(statement.end)
          expectations.push({ id, line, text })
        }
        idOf.set(statement, id)
        edits.push({ start: node.expression.getStart(syntax), end: node.expression.end, id })
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(syntax)
  const edited = edits.sort((a, b) => b.start - a.start)
  return {
    code: edited.reduce(
      (text, { start, end, id }) => `${text.slice(0, start)}__printed(${id})${text.slice(end)}`,
      code,
    ),
    expectations,
  }
}

/** What was printed, as it is written in a comment: on one line, several prints of one statement joined by `, `. */
export function asComment(printed: readonly string[]): string {
  return printed.map((text) => text.trim().replace(/\s*\n\s*/g, ' ')).join(', ')
}
