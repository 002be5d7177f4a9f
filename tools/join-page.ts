/** Joins what runs in a browser into one file, as small as it gets. */
import { build } from 'esbuild'

const file = 'dist/web/page/browser.js'

const entry = 'src/web/page/browser.tsx'

/**
 * @param sources paths relative to the root of the project, as what is returned
 * @returns the file; none where there is no page
 */
export async function joinPage(sources: readonly string[]): Promise<string[]> {
  if (!sources.includes(entry)) return []
  await build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'warning',
  })
  return [file]
}
