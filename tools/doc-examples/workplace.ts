/** Writes the blocks to files, so that the compiler and Node see them as they see a user's. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import type { Block } from './block.ts'
import { type Expectation, instrument } from './expectations.ts'

/** A block as a file. */
export interface Placed {
  readonly block: Block
  readonly number: number
  /** Holds the block, and the job files its document named before it. */
  readonly folder: string
  /** The block as written: what is type-checked. */
  readonly file: string
  /** The block made to tell what it prints: what is run. */
  readonly runFile: string
  readonly expectations: readonly Expectation[]
}

export interface Workplace {
  readonly folder: string
  readonly placed: readonly Placed[]
  remove(): void
}

/** The job files a block may import: its document's, each name as it was last defined before the block, or else first. */
function neighboursOf(block: Block, blocks: readonly Block[]): Map<string, Block> {
  const neighbours = new Map<string, Block>()
  for (const other of blocks) {
    if (other.path !== block.path || other.fileName === undefined || other === block) continue
    if (other.line < block.line || !neighbours.has(other.fileName)) neighbours.set(other.fileName, other)
  }
  return neighbours
}

/** Lets an example import what lies beside its document: `./x.ts` becomes that file's full path. */
function anchor(root: string, block: Block, code: string): string {
  if (!block.path.endsWith('.md')) return code
  const { importedFiles } = ts.preProcessFile(code, true, true)
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ pos, fileName }) => ({ pos, fileName, path: join(root, dirname(block.path), fileName) }))
    .filter(({ path }) => existsSync(path))
    .sort((a, b) => b.pos - a.pos)
    .reduce((text, { pos, fileName, path }) => {
      const start = text.indexOf(fileName, pos)
      return text.slice(0, start) + path + text.slice(start + fileName.length)
    }, code)
}

/** Writes a block's job files into a folder. */
export function writeJobs(root: string, folder: string, block: Block, blocks: readonly Block[]): void {
  for (const [name, { code, ...job }] of neighboursOf(block, blocks)) {
    writeFileSync(join(folder, name), anchor(root, { code, ...job }, code))
  }
}

/** Writes every example and job into a folder of its own under the machine's temporary folder. */
export function openWorkplace(root: string, blocks: readonly Block[]): Workplace {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tallyman-examples-')))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const compiled = blocks.filter(({ kind }) => kind === 'example' || kind === 'job')
  const placed = compiled.map((block, number): Placed => {
    const own = join(folder, String(number))
    mkdirSync(join(own, 'cwd'), { recursive: true })
    writeJobs(root, own, block, blocks)
    const code = anchor(root, block, block.code)
    const file = join(own, block.fileName ?? 'example.ts')
    writeFileSync(file, code)
    const runFile = join(own, 'example.run.ts')
    const instrumented = instrument(code)
    writeFileSync(runFile, instrumented.code)
    return { block, number, folder: own, file, runFile, expectations: instrumented.expectations }
  })
  return { folder, placed, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
