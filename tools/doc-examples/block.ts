/** Code in the documents: what a block is, and how blocks are found in Markdown. */

/** What a block promises, and so what is done with it. */
export type BlockKind =
  /** Compiles, runs, and prints what its comments say. */
  | 'example'
  /** A job file, named by its first line: compiles, and its default export is a job. */
  | 'job'
  /** A piece out of something: parses. */
  | 'fragment'
  /** Shell commands after `<!-- runs -->`: end with exit code 0. */
  | 'shell'

export interface Block {
  /** The document, from the project's root. */
  readonly path: string
  /** Line of the block's first line of code in the document, from 1. */
  readonly line: number
  readonly kind: BlockKind
  readonly code: string
  /** `hashtags.job.ts`; only a job has one. */
  readonly fileName?: string
}

/** Something a document says that is not true. */
export interface Finding {
  readonly path: string
  /** From 1. */
  readonly line: number
  readonly message: string
}

export interface Extracted {
  readonly blocks: readonly Block[]
  readonly findings: readonly Finding[]
}

interface Fence {
  readonly indent: number
  readonly mark: string
  readonly words: readonly string[]
  /** Index of the opening line. */
  readonly at: number
  readonly isRun: boolean
}

function openFence(lines: readonly string[], at: number): Fence | undefined {
  const [, indent, mark, info] = /^( *)(`{3,}|~{3,})([^`]*)$/.exec(lines[at] ?? '') ?? []
  if (indent === undefined || mark === undefined || info === undefined) return undefined
  const isRun = lines[at - 1]?.trim() === '<!-- runs -->'
  return { indent: indent.length, mark, words: info.trim().split(/\s+/), at, isRun }
}

function closes(fence: Fence, line: string): boolean {
  const trimmed = line.trim()
  return trimmed.startsWith(fence.mark) && /^(`+|~+)$/.test(trimmed)
}

/** The kind a fence's words ask for; null for blocks that promise nothing, a string for words not understood. */
function kindOf(
  { words, isRun }: Fence,
  code: string,
): { kind: BlockKind; fileName?: string } | string | null {
  const [language, ...marks] = words
  if (language === 'sh') return isRun ? { kind: 'shell' } : null
  if (isRun) return 'Only a "sh" block can follow `<!-- runs -->`.'
  if (language === 'typescript') return 'Write "ts", so that the block is checked.'
  if (language !== 'ts') return null
  if (marks.join(' ') === 'fragment') return { kind: 'fragment' }
  if (marks.length > 0) return `Unknown mark "${marks.join(' ')}" after "ts"; there is only "fragment".`
  const fileName = /^\/\/ ([\w-]+\.job\.ts)\s*(\n|$)/.exec(code)?.[1]
  return fileName === undefined ? { kind: 'example' } : { kind: 'job', fileName }
}

/**
 * Every block of a Markdown text that promises something, in order.
 *
 * @param lineOffset how many lines of the document stand before the text
 */
export function blocksOf(path: string, text: string, lineOffset = 0): Extracted {
  const lines = text.split(/\r?\n/)
  const blocks: Block[] = []
  const findings: Finding[] = []
  for (let at = 0; at < lines.length; at++) {
    const fence = openFence(lines, at)
    if (fence === undefined) continue
    const end = lines.findIndex((line, index) => index > at && closes(fence, line))
    const line = lineOffset + at + 2
    if (end === -1) {
      findings.push({ path, line: line - 1, message: 'This block of code has no end.' })
      break
    }
    const indent = new RegExp(`^ {0,${fence.indent}}`)
    const code = lines
      .slice(at + 1, end)
      .map((one) => one.replace(indent, ''))
      .join('\n')
    const kind = kindOf(fence, code)
    if (typeof kind === 'string') findings.push({ path, line: line - 1, message: kind })
    else if (kind !== null) blocks.push({ path, line, code, ...kind })
    at = end
  }
  return { blocks, findings }
}
