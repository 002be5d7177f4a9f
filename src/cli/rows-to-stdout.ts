import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { StringDecoder } from 'node:string_decoder'
import { errnoOf } from '../errors.ts'
import type { WrittenResult } from '../result/index.ts'

/**
 * Writes a result's rows to stdout: one table as its file is, several as JSON lines that name their table. Whoever reads
 * them may have enough; the result is in its place whatever they do.
 */
export async function copyToStdout({ committed: { directory, tables } }: WrittenResult): Promise<void> {
  const isOne = tables.length === 1
  try {
    for (const { name, file } of tables) {
      const source = createReadStream(join(directory, file))
      if (isOne) await pipeline(source, process.stdout, { end: false })
      else await pipeline(source, (chunks) => tagged(name, chunks), process.stdout, { end: false })
    }
  } catch (error) {
    if (errnoOf(error) !== 'EPIPE') throw error
  }
}

/** Canonical lines, each with its table's name put before the key. */
async function* tagged(table: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    if (lines.length > 0)
      yield lines.map((line) => `{"table":${JSON.stringify(table)},${line.slice(1)}\n`).join('')
  }
}
