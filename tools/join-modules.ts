/**
 * Joins the modules of `src/` into a few files: to find, read and compile three hundred small ones takes longer than a small
 * job does. What several entries use is in chunks that they share, so that a class is one class for all of them.
 */
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'

/** What is started, or imported by name, from outside `dist/`. */
const entry = /^src\/(index|cli\/test-events-main|executor\/(worker-process|worker-thread|thread-host))\.ts$/
/**
 * The command line, which no job shares an instance with: joined into one file in the older module format, which Node loads at once and
 * without looking for others. That takes 25 ms of CPU less.
 */
const commandLine = 'src/cli/main.ts'

const distUrlName = '__tallymanDistUrl'
const moduleUrlName = '__tallymanModuleUrl'

/**
 * Modules find files that lie beside them by their URL, which is that of a chunk once they are joined. They are given the one
 * they would have in `dist/`, on their first line so that lines stay.
 */
const keepUrls: Plugin = {
  name: 'keep-urls',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.tsx?$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      if (!source.includes('import.meta.url')) return undefined
      const place = relative('src', path).replaceAll('\\', '/').replace(/tsx?$/, 'js')
      const url = `const ${moduleUrlName} = ${distUrlName} + ${JSON.stringify(place)};`
      return { contents: `${url} ${source}`, loader: path.endsWith('x') ? 'tsx' : 'ts' }
    })
  },
}

/**
 * Writes the joined modules into `dist/`.
 *
 * @param sources paths relative to the root of the project, as those that are returned
 */
export async function joinModules(sources: readonly string[]): Promise<string[]> {
  const written = await Promise.all([
    join({
      entryPoints: sources.filter((path) => entry.test(path)),
      chunkNames: 'chunks/[hash]',
      splitting: true,
      format: 'esm',
      banner: { js: baseUrl('import.meta.url') },
    }),
    join({
      entryPoints: [commandLine],
      outExtension: { '.js': '.cjs' },
      format: 'cjs',
      banner: { js: baseUrl("require('node:url').pathToFileURL(__filename).href") },
      // Packages are required, then: to import one of the older format, Node would have to look through its text for names.
      supported: { 'dynamic-import': false },
    }),
  ])
  return written.flat()
}

function baseUrl(url: string): string {
  return `const ${distUrlName} = ((url) => url.slice(0, url.lastIndexOf('/dist/') + '/dist/'.length))(${url});`
}

async function join(options: BuildOptions): Promise<string[]> {
  const { metafile } = await build({
    ...options,
    outbase: 'src',
    outdir: 'dist',
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    define: { 'import.meta.url': moduleUrlName },
    plugins: [keepUrls],
  })
  return Object.keys(metafile.outputs)
}
