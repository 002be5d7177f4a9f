import { TallymanError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { countOf, showBytes, showCount } from '../../quantities.ts'
import { type Verification, verifyResult } from '../../result/index.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { percentStatus } from '../percent-status.ts'
import { findResult, resultPlaceHelp } from '../result-place.ts'
import { shownPath } from '../shown-path.ts'
import type { Terminal } from '../terminal.ts'

export const verify: Command = {
  name: 'verify',
  operands: 'RESULT',
  operandsMax: 1,
  summary: 'checks that a result is as it was written, to the byte, and says how complete it is',
  details: [
    `${resultPlaceHelp} Named by its run, it is held to the journal as well, which also finds a result that was changed and sealed anew.`,
    'Every byte of every file counts. The digest is taken anew over the rows, which are counted, and their keys must be in order.',
    'Exit codes: 0 it is as it was written, 1 it is damaged or holds what does not belong to it, 2 there is no such result. What is lacking and was accepted by name is said; it is no damage.',
  ],
  example: 'tallyman verify last',
  run: async (args, terminal) => {
    const place = findResult(nameOf(args), terminal)
    const verification = verifyResult(place.directory, {
      committed: place.committed,
      onProgress: percentStatus(terminal, 'verifying'),
    })
    terminal.status(null)
    if (args.has('json')) terminal.out(JSON.stringify(jsonOf(verification)))
    else sayVerification(verification, terminal)
    return verification.findings.length === 0 ? exitCodes.complete : exitCodes.failed
  },
}

function nameOf({ positionals }: Arguments): string {
  const [name] = positionals
  if (name !== undefined) return name
  throw new TallymanError('usage', '`tallyman verify` takes the result to check.', {
    wayOut: 'Say for example: tallyman verify last',
  })
}

/** What `--json` writes; docs/formats/command-json.md describes it. */
function jsonOf({ directory, manifest, findings, tables, digest, unchecked }: Verification): object {
  return {
    result: directory,
    status: findings.length === 0 ? 'intact' : 'damaged',
    complete: manifest?.completeness.complete ?? null,
    accepted: manifest?.completeness.accepted ?? [],
    run: manifest?.run.id ?? null,
    versions: manifest?.versions ?? null,
    records: manifest?.records ?? null,
    rejected: manifest?.rejected ?? null,
    digest,
    tables: tables.map(({ name, file, rows, bytes, sha256, order }) => ({
      name,
      file,
      rows,
      bytes,
      sha256,
      order,
    })),
    findings,
    unchecked,
  }
}

function sayVerification(verification: Verification, terminal: Terminal): void {
  const { directory, manifest, findings, unchecked } = verification
  const place = shownPath(directory, terminal.cwd)
  if (manifest !== null && findings.length > 0 && findings.every(({ kind }) => kind === 'stray')) {
    terminal.out(`Result ${place} holds what does not belong to it; its own files are as they were written:`)
    for (const { message } of findings) terminal.out(`  ${printable(message)}`)
    for (const sentence of unchecked) terminal.out(`  Not checked: ${printable(sentence)}`)
    terminal.say('Move that somewhere else: the result is whole then. No run writes over it as it is.')
    return
  }
  if (findings.length > 0 || manifest === null) {
    terminal.out(`Result ${place} is damaged:`)
    for (const { message } of findings) terminal.out(`  ${printable(message)}`)
    for (const sentence of unchecked) terminal.out(`  Not checked: ${printable(sentence)}`)
    terminal.say('Do not rely on it: run the job again, or get another copy.')
    return
  }
  const { completeness, versions, run, inputs, records, rejected, digest } = manifest
  const how = completeness.complete ? 'and complete' : 'but incomplete, as accepted'
  terminal.out(`Result ${place} is as it was written, ${how}.`)
  for (const { message } of completeness.accepted) terminal.out(`  without: ${printable(message)}`)
  terminal.out(
    `  ${countOf(inputs.length, 'file')}, ${countOf(records, 'record')}, ${showCount(rejected)} rejected; ` +
      `run ${printable(run.id)}, tallyman ${printable(versions.tallyman)}, node ${printable(versions.node)}`,
  )
  for (const { file, rows, bytes, order } of verification.tables) {
    const keys = order === 'ascending' ? ', keys in order' : ''
    terminal.out(`  ${file}: ${countOf(rows, 'row')}, ${showBytes(bytes)}${keys}`)
  }
  for (const sentence of unchecked) terminal.out(`  not checked: ${printable(sentence)}`)
  terminal.out(`digest ${digest}`)
}
