/**
 * Joins the modules of `src/` into a few files: to find, read and compile three hundred small ones takes longer than a small
 * job does. What several entries use is in chunks that they share, so that a class is one class for all of them.
 */
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { build, type Plugin } from 'esbuild'

/** What is started, or imported by name, from outside `dist/`. */
const entry =
  /^src\/(index|cli\/(main|test-events-main)|executor\/(worker-process|worker-thread|thread-host))\.ts$/

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
  const { metafile } = await build({
    entryPoints: sources.filter((path) => entry.test(path)),
    outbase: 'src',
    outdir: 'dist',
    chunkNames: 'chunks/[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    banner: {
      js: `const ${distUrlName} = import.meta.url.slice(0, import.meta.url.lastIndexOf('/dist/') + '/dist/'.length);`,
    },
    define: { 'import.meta.url': moduleUrlName },
    plugins: [keepUrls],
  })
  return Object.keys(metafile.outputs)
}
