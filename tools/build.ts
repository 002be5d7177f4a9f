/**
 * `npm run build`: compiles `src/` into `dist/`, removes what an older build left there, and notes in `dist/built-from`
 * which sources it is from, so that nobody ever tests a stale build.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listFiles } from './list-files.ts'
import { runPackage } from './run-program.ts'

const stamp = join('dist', 'built-from')
const settings = ['tsconfig.json', 'tsconfig.build.json', 'tools/build.ts']

/** The sources a build is made of; tests and their data stay behind. */
function sourcePaths(): string[] {
  return listFiles('.', 'src').filter(
    (path) => !/\.test(-d)?\.ts$/.test(path) && !path.includes('/fixtures/'),
  )
}

function digestOf(sources: readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of [...sources, ...settings]) {
    hash.update(`${path}\0`).update(createHash('sha256').update(readFileSync(path)).digest())
  }
  return hash.digest('hex')
}

/** Is `dist/` made of the sources as they are now? */
export function isBuilt(): boolean {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digestOf(sourcePaths())
}

/** What a source becomes: the compiler's files, or for everything else (a page, a style sheet) a copy. */
function productsOf(source: string): string[] {
  const product = source.replace(/^src/, 'dist')
  if (!product.endsWith('.ts')) return [product]
  const stem = product.slice(0, -'.ts'.length)
  return [`${stem}.js`, `${stem}.js.map`, `${stem}.d.ts`]
}

/** Builds, unless `dist/` is of these sources already. Returns false, having shown why, when the sources do not compile. */
export async function build(): Promise<boolean> {
  const sources = sourcePaths()
  const digest = digestOf(sources)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return true
  rmSync(stamp, { force: true })
  const args = ['-p', 'tsconfig.build.json', '--noEmitOnError', '--pretty', 'false']
  const { exitCode } = await runPackage('typescript', 'tsc', args, { output: 'shown' })
  if (exitCode !== 0) return false
  for (const path of sources.filter((source) => !source.endsWith('.ts'))) {
    const product = path.replace(/^src/, 'dist')
    mkdirSync(dirname(product), { recursive: true })
    copyFileSync(path, product)
  }
  const products = new Set(sources.flatMap(productsOf))
  for (const path of listFiles('.', 'dist')) if (!products.has(path)) rmSync(path)
  writeFileSync(stamp, digest)
  return true
}

export async function main(): Promise<number> {
  return (await build()) ? 0 : 1
}
