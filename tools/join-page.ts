/** Joins what runs in a browser into one file, as small as it gets. */
import { build } from 'esbuild'

const file = 'dist/web/page/browser.js'

/** @returns the file, relative to the root of the project */
export async function joinPage(): Promise<string> {
  await build({
    entryPoints: ['src/web/page/browser.tsx'],
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
  return file
}
