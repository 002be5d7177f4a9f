/**
 * Joins the modules of `src/` into a few files: to find, read and compile three hundred small ones takes longer than a small
 * job does. What several entries use is in chunks that they share, so that a class is one class for all of them.
 */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'

/** What is started, or imported by name, from outside `dist/`. */
const entry =
  /^src\/(index|cli\/test-events-main|spark\/task-process-main|executor\/(worker-process|worker-thread|thread-host)|web\/(own-app\/app-main|page-main))\.ts$/
/**
 * The command line, which no job shares an instance with: joined into one file in the older module format, which Node loads at once and
 * without looking for others. That takes 25 ms of CPU less.
 */
const commandLine = 'src/cli/main.ts'
/** What loads that, and has to be small. */
const loader = 'src/cli/compiled.ts'

/** Ten times as much as all else: a file of its own, which is loaded when a picture is drawn. */
const chartLibrary = 'src/result/chart/echarts.ts'

/** Leaves the chart library where it is. Whoever asks for it lies in a folder of `dist/`, as it does one further down. */
const keepApart: Plugin = {
  name: 'keep-apart',
  setup({ onResolve }) {
    onResolve({ filter: /[\\/]echarts\.ts$/, namespace: 'file' }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: '../result/chart/echarts.cjs', external: true },
    )
  },
}

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

/** Packages that are installed beside tallyman, and not part of it: all but what only building it takes. */
function installedPackages(): string[] {
  const { dependencies, optionalDependencies }: Readonly<Record<string, Readonly<Record<string, string>>>> =
    JSON.parse(readFileSync('package.json', 'utf8'))
  return Object.keys({ ...dependencies, ...optionalDependencies })
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
      entryPoints: sources.filter((path) => path === commandLine),
      outExtension: { '.js': '.cjs' },
      format: 'cjs',
      banner: { js: baseUrl("require('node:url').pathToFileURL(__filename).href") },
      // Packages are required, then: to import one of the older format, Node would have to look through its text for names.
      supported: { 'dynamic-import': false },
    }),
    join({
      entryPoints: sources.filter((path) => path === loader || path === chartLibrary),
      outExtension: { '.js': '.cjs' },
      format: 'cjs',
      banner: { js: '' },
      plugins: [],
    }),
  ])
  return written.flat()
}

function baseUrl(url: string): string {
  return `const ${distUrlName} = ((url) => url.slice(0, url.lastIndexOf('/dist/') + '/dist/'.length))(${url});`
}

async function join(options: BuildOptions & { readonly entryPoints: string[] }): Promise<string[]> {
  if (options.entryPoints.length === 0) return []
  const { metafile } = await build({
    ...options,
    outbase: 'src',
    outdir: 'dist',
    bundle: true,
    external: installedPackages(),
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    define: { 'import.meta.url': moduleUrlName },
    plugins: [keepUrls, keepApart],
  })
  return Object.keys(metafile.outputs)
}
