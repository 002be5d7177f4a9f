/**
 * How Node loads the sources and tests that mutants are tried in: TypeScript as it is, `vitest` and `fast-check` as `in-place-of-….ts` makes them, and any file
 * as often as it is asked for.
 *
 * A file is loaded once for each query in its URL. `?environment=3` makes the files of one set of sources, and what a file imports has the query that it has itself. Tests and
 * what is in `test/` have `&run=7` besides: they begin anew with each run.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { LoadHook, ResolveHook } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { transform } from 'esbuild'
import { isSource } from './module-graph.ts'

export interface HooksData {
  /** The folder of the sources with the mutants. */
  readonly root: string
  /** URLs of what stands in place of packages, by their names. */
  readonly inPlaceOf: Readonly<Record<string, string>>
}

let root = ''
let rootUrl = ''
let inPlaceOf: HooksData['inPlaceOf'] = {}

export function initialize(data: HooksData): void {
  root = data.root
  rootUrl = pathToFileURL(`${root}/`).href
  inPlaceOf = data.inPlaceOf
}

export const resolve: ResolveHook = (specifier, context, next) => {
  const parent = context.parentURL
  if (parent === undefined || !parent.startsWith(rootUrl)) return next(specifier, context)
  const other = inPlaceOf[specifier]
  if (other !== undefined) return { url: other, format: 'module', shortCircuit: true }
  const url = specifier === 'tallyman' ? new URL('src/index.ts', rootUrl) : relativeUrl(specifier, parent)
  if (url === null) return next(specifier, context)
  const query = new URL(parent).searchParams
  if (isSource(relative(root, fileURLToPath(url)))) query.delete('run')
  url.search = query.toString()
  return { url: url.href, format: 'module', shortCircuit: true }
}

function relativeUrl(specifier: string, parent: string): URL | null {
  return /^\.\.?\/.*\.ts$/.test(specifier) ? new URL(specifier, parent) : null
}

export const load: LoadHook = async (url, context, next) => {
  const { pathname } = new URL(url)
  if (!url.startsWith(rootUrl) || !pathname.endsWith('.ts')) return next(url, context)
  return { format: 'module', source: await scriptOf(fileURLToPath(url)), shortCircuit: true }
}

/** The file as JavaScript; another process may have made it already. */
async function scriptOf(path: string): Promise<string> {
  const made = join(root, '.scripts', `${relative(root, path)}.js`)
  if (existsSync(made)) return readFileSync(made, 'utf8')
  const { code } = await transform(readFileSync(path, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    // Without the query: some look at how it ends.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(path).href) },
  })
  mkdirSync(dirname(made), { recursive: true })
  const unfinished = `${made}.${process.pid}`
  writeFileSync(unfinished, code)
  renameSync(unfinished, made)
  return code
}
