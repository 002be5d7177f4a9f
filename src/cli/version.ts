import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../run/index.ts'

/** This package's version. */
export function packageVersion(): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(join(packageRoot, 'package.json'), 'utf8'),
  )
  return manifest.version
}
