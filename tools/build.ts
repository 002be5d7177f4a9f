/**
 * `npm run build`: checks the types of `src/`, joins its modules into `dist/`, removes what an older build left there, and notes in `dist/built-from`
 * which sources it is from, so that nobody ever tests a stale build.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import asc from 'assemblyscript/asc'
import { joinModules } from './join-modules.ts'
import { joinPage } from './join-page.ts'
import { listFiles } from './list-files.ts'
import { runPackage, runProgram } from './run-program.ts'

const stamp = join('dist', 'built-from')
const settings = [
  'tsconfig.json',
  'tsconfig.build.json',
  'tools/build.ts',
  'tools/compile-ahead.mjs',
  'tools/join-modules.ts',
  'tools/join-page.ts',
]

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

/** AssemblyScript. Not called `.ts`, since to the compiler of TypeScript it is full of mistakes. */
const isAssembly = (source: string): boolean => source.endsWith('.as')

/** A kernel's parts lie in a folder of its name: `kernel.as` is made of `kernel/*.as` as well. */
function isKernel(source: string): boolean {
  return isAssembly(source) && !existsSync(`${dirname(source)}.as`)
}

const isPart = (source: string): boolean => isAssembly(source) && !isKernel(source)

/** What a source becomes beside the joined modules: its types, a kernel, or for everything else (a page, a style sheet) a copy. */
function productOf(source: string): string {
  const product = source.replace(/^src/, 'dist')
  if (isKernel(product)) return product.replace(/as$/, 'wasm')
  return product.replace(/\.tsx?$/, '.d.ts')
}

/** Compiles a kernel to WebAssembly. Returns null, having shown why, when it does not compile. */
async function compileKernel(source: string): Promise<Uint8Array | null> {
  const options = [
    '-O3',
    '--converge',
    '--noAssert',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--initialMemory',
    '8',
  ]
  const outFile = 'kernel.wasm'
  let binary: Uint8Array | null = null
  const { error, stderr } = await asc.main(['kernel.ts', '--outFile', outFile, ...options], {
    readFile: (name) => {
      const path = name === 'kernel.ts' ? source : join(dirname(source), name.replace(/ts$/, 'as'))
      return existsSync(path) ? readFileSync(path, 'utf8') : null
    },
    writeFile: (name, contents) => {
      if (name === outFile && typeof contents !== 'string') binary = contents
    },
    listFiles: () => [],
  })
  if (error !== null) console.error(`${source} does not compile.\n${stderr.toString()}`)
  return error === null ? binary : null
}

/** Packages that tallyman does without, and that are not there. */
function lackingPackages(): string[] {
  const { optionalDependencies }: { optionalDependencies: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  )
  return Object.keys(optionalDependencies).filter((name) => !existsSync(join('node_modules', name)))
}

/**
 * Compiles TypeScript. Where an optional package is not installed its types are not there to be checked against; what is compiled is the
 * same then, and it is said.
 */
async function compile(): Promise<boolean> {
  const lacking = lackingPackages()
  const args = ['-p', 'tsconfig.build.json', '--pretty', 'false']
  if (lacking.length === 0) {
    const checked = [...args, '--noEmitOnError']
    return (await runPackage('typescript', 'tsc', checked, { output: 'shown' })).exitCode === 0
  }
  console.log(
    `Types are not checked, for want of optional packages: ${lacking.join(', ')}. \`npm install\` brings them.`,
  )
  rmSync(join('dist', 'index.d.ts'), { force: true })
  await runPackage('typescript', 'tsc', args)
  return existsSync(join('dist', 'index.d.ts'))
}

/** Builds, unless `dist/` is of these sources already. Returns false, having shown why, when the sources do not compile. */
export async function build(): Promise<boolean> {
  const sources = sourcePaths()
  const digest = digestOf(sources)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return true
  rmSync(stamp, { force: true })
  if (!(await compile())) return false
  for (const path of sources.filter((source) => !/\.tsx?$/.test(source) && !isPart(source))) {
    const product = path.replace(/^src/, 'dist')
    mkdirSync(dirname(product), { recursive: true })
    if (!isKernel(path)) {
      copyFileSync(path, product)
      continue
    }
    const binary = await compileKernel(path)
    if (binary === null) return false
    writeFileSync(product.replace(/as$/, 'wasm'), binary)
  }
  const products = new Set([
    ...sources.filter((source) => !isPart(source)).map(productOf),
    ...(await joinModules(sources)),
    ...(await joinPage(sources)),
  ])
  for (const path of listFiles('.', 'dist')) if (!products.has(path)) rmSync(path)
  await compileAhead()
  writeFileSync(stamp, digest)
  return true
}

/** Where that fails there is nothing compiled ahead, and tallyman starts as fast as it does without. */
async function compileAhead(): Promise<void> {
  await runProgram(process.execPath, [join('tools', 'compile-ahead.mjs')])
}

/**
 * `--modules`: joins the modules and nothing else, types unchecked, for a copy that is thrown away; what is built does not count as
 * of these sources then.
 */
export async function main(args: readonly string[]): Promise<number> {
  if (!args.includes('--modules')) return (await build()) ? 0 : 1
  writeFileSync(stamp, `${digestOf(sourcePaths())} modules alone`)
  await joinModules(sourcePaths())
  return 0
}
