/**
 * `node tools/run.mjs transcript FILE… [--write]` runs what is typed in `console` blocks of documents, and compares what is printed with
 * what stands there. With `--write` it puts what is printed in its place.
 *
 * In such a block a line that begins with `$ ` is typed, those with `> ` after it go on with it, and what follows is what is printed. The blocks of
 * a document are one session of bash in an empty folder. What is another one each time (times, rates, ids, sizes of memory) is compared
 * as such, and what is only said of slow or busy machines is passed over.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { play } from './transcript/play.ts'
import { differencesOf, parseTranscript, withPrinted } from './transcript/text.ts'

export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { write: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  let findings = 0
  for (const file of positionals) {
    const text = readFileSync(file, 'utf8')
    const steps = parseTranscript(text)
    const printed = await play(steps.map(({ typed }) => typed))
    if (values.write) writeFileSync(file, withPrinted(text, printed))
    else
      for (const { line, message } of differencesOf(steps, printed)) {
        findings += 1
        console.error(`${file}:${line} ${message}`)
      }
  }
  return findings === 0 ? 0 : 1
}
