// @ts-check
/**
 * `node tools/run.mjs NAME [ARGUMENTS…]` runs `tools/NAME.ts`, in the project's root.
 *
 * Node 20 cannot read TypeScript, so the tool is bundled to a file of its own first. This file is plain JavaScript
 * and imports no package at its top, because it is also what installs the packages in a fresh clone.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)
process.setSourceMapsEnabled(true)

/** @param {string} file */
function packagesIn(file) {
  /** @type {Record<string, { version?: string, optional?: boolean }>} */
  const packages = JSON.parse(readFileSync(file, 'utf8')).packages
  return packages
}

/** Compares versions, not times: a checkout touches the lock without changing it. */
function isInstalled() {
  const installedFile = 'node_modules/.package-lock.json'
  if (!existsSync(installedFile)) return false
  const installed = packagesIn(installedFile)
  return Object.entries(packagesIn('package-lock.json')).every(
    ([place, { version, optional }]) =>
      place === '' || optional === true || installed[place]?.version === version,
  )
}

function install() {
  console.log('Installing the dependencies.')
  // Not `npm ci`: it refuses a lock written where packages for other platforms were out of reach.
  const { status, error } = spawnSync('npm', ['install', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (error) throw error
  if (status !== 0) process.exit(1)
}

const [name = '', ...args] = process.argv.slice(2)
const source = join(root, 'tools', `${name}.ts`)
if (!/^[a-z-]+$/.test(name) || !existsSync(source)) {
  console.error(`There is no tool "${name}" in tools/.`)
  process.exit(2)
}
if (!isInstalled()) install()

const { buildSync } = await import('esbuild')
const bundle = join(root, 'node_modules', '.cache', 'tallyman', `${name}-${process.pid}.mjs`)
buildSync({
  entryPoints: [source],
  outfile: bundle,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'inline',
  logLevel: 'error',
})
process.on('exit', () => rmSync(bundle, { force: true }))
const tool = await import(pathToFileURL(bundle).href)
process.exitCode = await tool.main(args)
