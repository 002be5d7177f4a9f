import { createHash } from 'node:crypto'
import type { InputFile } from '../../input/index.ts'
import { encodeValue, plainJson } from '../../record/index.ts'

/** What a result's bytes depend on, as far as it is known before anything is read. */
export interface FingerprintParts {
  /** Version and build of tallyman, and version of Node: other ones may decode, reduce or order otherwise. */
  readonly engine: string
  /** Time zone and language of the environment. */
  readonly surroundings: string
  readonly codeSha256: string
  /** As typed. */
  readonly params: Readonly<Record<string, string>>
  /** What the job's schemas made of them, as JSON has it. */
  readonly resolved: Readonly<Record<string, unknown>>
  readonly files: readonly InputFile[]
  readonly accept: readonly string[]
}

/**
 * SHA-256, in hex, over engine, surroundings, code, parameters, the identity of every input and what is done without. It tells people whether two
 * results are of the same; whether what a task wrote is used again is decided for each task by the store (`run/store/store.ts`), which also looks
 * at the files that the job reads itself.
 */
export function fingerprint(parts: FingerprintParts): string {
  const { engine, surroundings, codeSha256, params, resolved, files, accept } = parts
  const inputs = files.map(({ path, identity }) => [
    path,
    identity.sizeBytes,
    identity.mtimeNs,
    identity.inode,
  ])
  const hash = createHash('sha256')
  const typed = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))
  const made: unknown = JSON.parse(plainJson(resolved))
  for (const part of [3, engine, surroundings, codeSha256, typed, made, inputs, [...accept].sort()])
    hash.update(encodeValue(part))
  return hash.digest('hex')
}
