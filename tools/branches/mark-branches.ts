/** Finds the branches of a source, and puts a mark into each that says when it is run. */
import ts from 'typescript'
import type { SourceFile } from '../rooms/source-file.ts'

/** A way that the program may take or leave. */
export interface Branch {
  readonly path: string
  /** From 1. */
  readonly line: number
  /** What chooses it: `if`, `??`, `case`. */
  readonly kind: string
  /** The line of the source that it begins in, without the space around it. */
  readonly text: string
  /** The branch around it, as its place among those of the file, without which it can't be run; null where there is none. */
  readonly within: number | null
}

/** A source in which each branch calls `__branch` with its number, and its branches in the order of these numbers. */
export interface Marked {
  readonly text: string
  readonly branches: readonly Branch[]
}

/** What marks call, which `note-branch.ts` declares. */
export const markName = '__branch'

const choices = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken,
])

/**
 * Lines stay where they are, and columns do not. A `?.` is no branch: where nothing is there, nothing is run.
 *
 * @param first the number of the first branch
 * @param prelude declares what marks call, in one line
 */
export function markBranches(file: SourceFile, first: number, prelude: string): Marked {
  const marking = new Marking(file, first)
  marking.visit(file.syntax, null)
  const { branches } = marking
  return { text: (branches.length > 0 ? prelude : '') + marking.text(), branches }
}

/** One pass over a source: what is put in, in the order of its places, what encloses before what is enclosed. */
class Marking {
  readonly branches: Branch[] = []
  readonly #file: SourceFile
  readonly #first: number
  readonly #insertions: { readonly at: number; readonly text: string }[] = []

  constructor(file: SourceFile, first: number) {
    this.#file = file
    this.#first = first
  }

  text(): string {
    const { text } = this.#file.syntax
    let end = 0
    let marked = ''
    for (const { at, text: inserted } of this.#insertions.toSorted((a, b) => a.at - b.at)) {
      marked += text.slice(end, at) + inserted
      end = at
    }
    return marked + text.slice(end)
  }

  visit(node: ts.Node, within: number | null): void {
    if (ts.isIfStatement(node)) this.#visitIf(node, within)
    else if (ts.isConditionalExpression(node)) this.#visitConditional(node, within)
    else if (ts.isBinaryExpression(node) && choices.has(node.operatorToken.kind)) {
      this.visit(node.left, within)
      this.#expression(node.right, node.operatorToken.getText(this.#file.syntax), within)
    } else if (ts.isCaseOrDefaultClause(node)) this.#visitClause(node, within)
    else if (ts.isCatchClause(node)) this.#block(node.block, 'catch', within)
    else if (ts.isIterationStatement(node, false)) this.#visitLoop(node, within)
    else if (ts.isFunctionLike(node)) this.#visitFunction(node, within)
    else if (ts.isBindingElement(node) && node.initializer !== undefined) {
      this.visit(node.name, within)
      this.#expression(node.initializer, 'default', within)
    } else this.#visitChildren(node, within)
  }

  #visitChildren(node: ts.Node, within: number | null): void {
    ts.forEachChild(node, (child) => this.visit(child, within))
  }

  #visitIf(node: ts.IfStatement, within: number | null): void {
    this.visit(node.expression, within)
    this.#statement(node.thenStatement, 'if', within)
    if (node.elseStatement !== undefined) this.#statement(node.elseStatement, 'else', within)
    else this.#insert(node.getEnd(), ` else {${this.#mark(node, 'if, otherwise', within).call}}`)
  }

  #visitConditional(node: ts.ConditionalExpression, within: number | null): void {
    this.visit(node.condition, within)
    this.#expression(node.whenTrue, '?', within)
    this.#expression(node.whenFalse, ':', within)
  }

  #visitClause(node: ts.CaseOrDefaultClause, within: number | null): void {
    const isCase = ts.isCaseClause(node)
    if (isCase) this.visit(node.expression, within)
    const { call, number } = this.#mark(node, isCase ? 'case' : 'default', within)
    const colon = node.getChildren(this.#file.syntax).find(({ kind }) => kind === ts.SyntaxKind.ColonToken)
    this.#insert(colon!.getEnd(), `${call};`)
    for (const statement of node.statements) this.visit(statement, number)
  }

  #visitLoop(node: ts.IterationStatement, within: number | null): void {
    ts.forEachChild(node, (child) => {
      if (child === node.statement) this.#statement(node.statement, 'loop', within)
      else this.visit(child, within)
    })
  }

  /** Types of functions, and forms that a function may be called in besides, have no body and are passed over. */
  #visitFunction(node: ts.SignatureDeclaration, within: number | null): void {
    const body = 'body' in node ? node.body : undefined
    if (body === undefined) return
    const around = this.#mark(node, 'function', within)
    for (const { name, initializer } of node.parameters) {
      this.visit(name, around.number)
      if (initializer !== undefined) this.#expression(initializer, 'default', around.number)
    }
    if (ts.isBlock(body)) {
      this.#insert(body.getStart(this.#file.syntax) + 1, `${around.call};`)
      this.#visitChildren(body, around.number)
    } else this.#enclose(body, `(${around.call},`, ')', around.number)
  }

  #statement(node: ts.Statement, kind: string, within: number | null): void {
    if (ts.isBlock(node)) {
      this.#block(node, kind, within)
      return
    }
    const { call, number } = this.#mark(node, kind, within)
    this.#enclose(node, `{${call};`, '}', number)
  }

  #block(node: ts.Block, kind: string, within: number | null): void {
    const { call, number } = this.#mark(node, kind, within)
    this.#insert(node.getStart(this.#file.syntax) + 1, `${call};`)
    this.#visitChildren(node, number)
  }

  #expression(node: ts.Node, kind: string, within: number | null): void {
    const { call, number } = this.#mark(node, kind, within)
    this.#enclose(node, `(${call},`, ')', number)
  }

  #enclose(node: ts.Node, before: string, after: string, within: number): void {
    this.#insert(node.getStart(this.#file.syntax), before)
    this.visit(node, within)
    this.#insert(node.getEnd(), after)
  }

  #insert(at: number, text: string): void {
    this.#insertions.push({ at, text })
  }

  #mark(
    node: ts.Node,
    kind: string,
    within: number | null,
  ): { readonly call: string; readonly number: number } {
    const { path, syntax } = this.#file
    const number = this.branches.length
    const { line } = syntax.getLineAndCharacterOfPosition(node.getStart(syntax))
    const text = (syntax.text.split('\n')[line] ?? '').trim()
    this.branches.push({ path, line: line + 1, kind, text, within })
    return { call: `${markName}(${this.#first + number})`, number }
  }
}
