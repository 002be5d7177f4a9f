import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package this code belongs to: both `src/run` and `dist/run` lie two folders below it. */
export const packageRoot = fileURLToPath(new URL('../..', import.meta.url))

/** This package's version. */
export function packageVersion(): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(join(packageRoot, 'package.json'), 'utf8'),
  )
  return manifest.version
}
