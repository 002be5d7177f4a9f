import { createHash } from 'node:crypto'
import type { InputFile } from '../../input/index.ts'
import { encodeValue } from '../../record/index.ts'

/** Everything a result's bytes depend on. */
export interface FingerprintParts {
  /** Version of tallyman: another one may decode, reduce or order otherwise. */
  readonly tallyman: string
  readonly codeSha256: string
  /** As typed. */
  readonly params: Readonly<Record<string, string>>
  readonly files: readonly InputFile[]
  readonly accept: readonly string[]
}

/** SHA-256, in hex, over the version of tallyman, code, parameters, the identity of every input and what is done without. */
export function fingerprint({ tallyman, codeSha256, params, files, accept }: FingerprintParts): string {
  const inputs = files.map(({ path, identity }) => [
    path,
    identity.sizeBytes,
    identity.mtimeNs,
    identity.inode,
  ])
  const hash = createHash('sha256')
  const typed = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const part of [1, tallyman, codeSha256, typed, inputs, [...accept].sort()])
    hash.update(encodeValue(part))
  return hash.digest('hex')
}
