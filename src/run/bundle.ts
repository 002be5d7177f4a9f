import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { BuildFailure, Loader, Plugin } from 'esbuild'
import { TallymanError } from '../errors.ts'
import { packageRoot } from './package.ts'
import { watchReads } from './watch-reads.ts'

/** A bundled module. */
export interface Bundle {
  /** Absolute path of the code. */
  readonly file: string
  /** SHA-256 of the code, in hex. */
  readonly sha256: string
}

let modulesBundling = 0

/**
 * Bundles a TypeScript or JavaScript module with its own files and packages into one file, so that editing them later
 * changes nothing. `tallyman` itself stays an import. A source map beside the file leads stack traces to the user's
 * lines; `import.meta`, `__dirname` and `__filename` stay what they were, so that files beside the source are found.
 *
 * @param entry absolute path of the module
 * @param outFile where the code goes, ending in `.mjs`; its map lies beside it
 * @throws {TallymanError} `job-invalid` for what does not compile, with file, line and column
 */
export async function bundleModule(entry: string, outFile: string): Promise<Bundle> {
  modulesBundling += 1
  try {
    await build(entry, outFile, [lendPackages, watchReads])
    // To look at each file of each package first takes longer than to bundle them, and hardly any asks where it lies.
    if (asksWhereItLies.test(await readFile(outFile, 'utf8')))
      await build(entry, outFile, [keepSourceUrl, lendPackages, watchReads])
  } catch (error) {
    throw isBuildFailure(error) ? compileError(error, entry) : error
  } finally {
    modulesBundling -= 1
    // Its process would stay for as long as this one, and take memory that is meant for the run.
    if (modulesBundling === 0) await (await import('esbuild')).stop()
  }
  await nameSources(outFile)
  return {
    file: outFile,
    sha256: createHash('sha256')
      .update(await readFile(outFile))
      .digest('hex'),
  }
}

async function build(entry: string, outFile: string, plugins: Plugin[]): Promise<void> {
  const esbuild = await import('esbuild')
  await esbuild.build({
    entryPoints: [entry],
    outdir: dirname(outFile),
    entryNames: basename(outFile, '.mjs'),
    outExtension: { '.js': '.mjs' },
    absWorkingDir: dirname(entry),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['tallyman'],
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'silent',
    loader: { '.node': 'copy' },
    // Packages in the older module format call `require`, which a module in the newer one does not have.
    banner: {
      js: "import { createRequire as tallymanRequire } from 'node:module'; import { pathToFileURL as tallymanFileUrl } from 'node:url'; const require = tallymanRequire(import.meta.url);",
    },
    // What is bound to something of the module's own stays as it is.
    define: {
      'import.meta': sourceMetaName,
      'import.meta.url': sourceUrlName,
      'import.meta.dirname': sourceFolderName,
      'import.meta.filename': sourceFileName,
      __dirname: sourceFolderName,
      __filename: sourceFileName,
    },
    plugins,
  })
}

/** The map names its sources by where they are, and not as seen from the bundle, which runs elsewhere on a cluster and in a container. */
async function nameSources(outFile: string): Promise<void> {
  const file = `${outFile}.map`
  const map = JSON.parse(await readFile(file, 'utf8')) as { readonly sources: readonly string[] }
  // esbuild writes a relative URL.
  const folder = pathToFileURL(outFile)
  const sources = map.sources.map((source) => {
    const { href, protocol } = new URL(source, folder)
    // What is no file is what esbuild has made itself.
    return protocol === 'file:' ? pathToFileURL(fileURLToPath(href)).href : source
  })
  await writeFile(file, JSON.stringify({ ...map, sources }))
}

const sourceUrlName = '__tallymanSourceUrl'
const sourceFolderName = '__tallymanSourceFolder'
const sourceFileName = '__tallymanSourceFile'
const sourceMetaName = '__tallymanSourceMeta'
const asksWhereItLies = /__tallymanSource/
/** In a source: more than that may ask, and none that does is passed over, however it is spaced. */
const mayAsk = /\bmeta\b|\b__dirname\b|\b__filename\b/
/** `import.meta` as a whole, of a module at `sourceUrlName`. What is no path is looked up as `require` does, which knows of a parent. */
const sourceMeta =
  `const ${sourceMetaName} = { __proto__: null, dirname: ${sourceFolderName}, filename: ${sourceFileName}, ` +
  `resolve: (name) => { if (/^(\\.{0,2}\\/|[a-z][a-z\\d+.-]*:)/i.test(name)) return new URL(name, ${sourceUrlName}).href; ` +
  `const found = tallymanRequire(${sourceUrlName}).resolve(name); ` +
  `return found.startsWith('/') ? tallymanFileUrl(found).href : 'node:' + found.replace(/^node:/, '') }, url: ${sourceUrlName} };`

const loaders: Readonly<Record<string, Loader>> = {
  ts: 'ts',
  mts: 'ts',
  cts: 'ts',
  tsx: 'tsx',
  js: 'js',
  mjs: 'js',
  cjs: 'js',
  jsx: 'jsx',
}

/** Gives every module that asks where it lies the place of its source, on its first line so that lines stay. */
const keepSourceUrl: Plugin = {
  name: 'keep-source-url',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      if (!mayAsk.test(source)) return undefined
      const names = [
        [sourceUrlName, pathToFileURL(path).href],
        [sourceFolderName, dirname(path)],
        [sourceFileName, path],
      ].map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`)
      const loader = loaders[path.slice(path.lastIndexOf('.') + 1)] ?? 'js'
      return {
        contents: `${names.join(' ')} ${sourceMeta} ${source.replace(/^#!.*/, '')}`,
        loader,
        resolveDir: dirname(path),
      }
    })
  },
}

/** Packages a job may use without installing them, since tallyman has them itself. */
const lentPackages: ReadonlySet<string> = new Set(['zod'])

/** Resolves a lent package from the job's own folder first, then from tallyman's. */
const lendPackages: Plugin = {
  name: 'lend-packages',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...options }) => {
      if (pluginData === 'lending' || !lentPackages.has(path.split('/')[0] ?? '')) return undefined
      const own = await build.resolve(path, { ...options, pluginData: 'lending' })
      if (own.errors.length === 0) return own
      return build.resolve(path, { ...options, resolveDir: packageRoot, pluginData: 'lending' })
    })
  },
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

/** More imports that cannot be resolved are counted. */
const namedMax = 5

/** The name in quotes of an import that could not be resolved; undefined of any other error. */
function unresolved(text: string): string | undefined {
  return /^Could not resolve (".*")$/.exec(text)?.[1]
}

function compileError(failure: BuildFailure, entry: string): TallymanError {
  const [first, ...others] = failure.errors
  const place = first?.location
  const file = place == null ? entry : resolve(dirname(entry), place.file)
  const at = place == null ? '' : `, line ${place.line}, column ${place.column + 1}`
  const text = first?.text ?? failure.message
  // Each of them has to be mended; what does not compile is often one mistake told several times.
  const lost = [...new Set(others.map((error) => unresolved(error.text)))].filter(
    (name) => name !== undefined,
  )
  const named =
    unresolved(text) === undefined ? [] : lost.filter((name) => name !== unresolved(text)).slice(0, namedMax)
  const untold = others.filter((error) => !named.includes(unresolved(error.text) ?? '')).length
  const more = `${named.map((name) => `, ${name}`).join('')}${untold > 0 ? ` (and ${untold} more)` : ''}`
  const isPackage = text.startsWith('Could not resolve "') && !/"[./]/.test(text)
  return new TallymanError('job-invalid', `${file}${at}: ${text}${more}`, {
    wayOut: isPackage
      ? 'Install the package where the job lies, or mend the name.'
      : text.endsWith('permission denied')
        ? 'Check that you may read that file, and the folders it lies in.'
        : 'Mend that line.',
  })
}
