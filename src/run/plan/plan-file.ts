import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { errnoOf, messageOf, TallymanError } from '../../errors.ts'
import { writePieces } from '../directory/durable.ts'
import { jsonPieces } from './json-pieces.ts'
import type { Plan } from './plan.ts'
import { isSecretProperty } from './secret-properties.ts'

/**
 * `plan.json`, sealed as a result's manifest is: its last property is the SHA-256 of all bytes before the line it stands on
 * (docs/formats/plan.md).
 */

const ownerOnly = 0o600

/** Writes the plan so that it is there whole or not at all, without ever holding its text as a whole. With secrets in it nobody else may read it. */
export function writePlan(file: string, plan: Plan): void {
  const hasSecrets = Object.keys(plan.spark?.conf ?? {}).some(isSecretProperty)
  writePieces(file, sealedPieces(plan), hasSecrets ? ownerOnly : undefined)
}

/**
 * @returns null where there is none: the run ended while it was planned
 * @throws {TallymanError} `file-damaged` for a plan that is not as it was written, `io` for one that cannot be read
 */
export function readPlan(file: string): Plan | null {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return null
    throw new TallymanError('io', `The plan ${file} could not be read: ${messageOf(cause)}.`, { cause })
  }
  const head = bytes.subarray(0, Math.max(0, bytes.length - sealBytes))
  if (bytes.toString('latin1', head.length) !== sealOf(createHash('sha256').update(head).digest('hex'))) {
    throw new TallymanError('file-damaged', `${file} is not as it was written.`, {
      wayOut: 'The run cannot go on from it: start the run again, which uses what its map tasks wrote.',
    })
  }
  // The seal says that this program wrote it.
  const { planSha256: _, ...plan } = JSON.parse(bytes.toString()) as Plan & { planSha256: string }
  return plan
}

function* sealedPieces(plan: Plan): Generator<string> {
  const hash = createHash('sha256')
  let held = ''
  for (const piece of jsonPieces(plan)) {
    hash.update(held)
    yield held
    held = piece
  }
  // What is held now is the brace at the end: the seal comes before it.
  hash.update(',\n')
  yield `,\n${sealOf(hash.digest('hex'))}`
}

function sealOf(hex: string): string {
  return `"planSha256":"${hex}"\n}\n`
}

const sealBytes = sealOf('0'.repeat(64)).length
