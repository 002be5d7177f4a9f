// @ts-check
/**
 * `node examples/twitter/make-model.mjs OUT_DIR` writes a scale model of the archive; `--help` tells the rest.
 *
 * Node 20 cannot read TypeScript, so the program, `scale-model/main.ts`, is bundled to a file of its own first.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'

const bundleDir = mkdtempSync(join(tmpdir(), 'tallyman-scale-model-'))
process.on('exit', () => rmSync(bundleDir, { recursive: true, force: true }))
buildSync({
  entryPoints: ['main', 'worker'].map((name) =>
    fileURLToPath(new URL(`scale-model/${name}.ts`, import.meta.url)),
  ),
  outdir: bundleDir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'inline',
  logLevel: 'error',
})
process.setSourceMapsEnabled(true)
const { main } = await import(pathToFileURL(join(bundleDir, 'main.mjs')).href)
process.exitCode = await main(process.argv.slice(2), {
  factsDir: fileURLToPath(new URL('facts/', import.meta.url)),
  workerFile: join(bundleDir, 'worker.mjs'),
})
