import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package this code belongs to: both `src/run` and `dist/run` lie two folders below it. */
export const packageRoot = fileURLToPath(new URL('../..', import.meta.url))

/** Leads what is bundled into a folder, and imports tallyman by name, to the copy that runs it: another one may have made the folder. */
export function linkPackage(folder: string): void {
  const link = join(folder, 'node_modules', 'tallyman')
  rmSync(link, { force: true })
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(packageRoot, link, 'dir')
}

/**
 * Everything beside job and inputs that what a map task writes may depend on: this package's version, the build it runs as, and Node's version, as
 * other ones may decode, fold case or order otherwise. `0.1.0, build 3f5a9c01, Node 20.20.2`.
 */
export function buildVersion(): string {
  return `${packageVersion()}, build ${buildDigest()}, Node ${process.versions.node}`
}

/** Of the sources `dist/` was made of, its first digits: a checkout changes without its version. */
function buildDigest(): string {
  try {
    return readFileSync(join(packageRoot, 'dist', 'built-from'), 'utf8').slice(0, 8)
  } catch {
    return 'unknown'
  }
}

/** As `package.json` says it. Cost: reads that file. */
export function packageVersion(): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(join(packageRoot, 'package.json'), 'utf8'),
  )
  return manifest.version
}
