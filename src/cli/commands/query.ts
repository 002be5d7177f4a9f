import { renameSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { TallymanError } from '../../errors.ts'
import { countOf } from '../../quantities.ts'
import { type QueryAnswer, queryResult, readManifest } from '../../result/index.ts'
import { type AnswerFormat, answerFormats, isText, showAnswer, writeAnswer } from '../answer-format.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { findResult, resultPlaceHelp } from '../result-place.ts'
import { sayLacking } from '../say-lacking.ts'
import { shownPath } from '../shown-path.ts'
import type { Terminal } from '../terminal.ts'
import { openWhole, placeBeside } from '../whole-file.ts'
import { checkFilePlace, formByEnding } from '../written-place.ts'

const rowsDefault = 40
const memoryDefault = 2 ** 30
/** More gain little over tables that fit a result, and take the machine from others. */
const threadsMax = 4
/** Forms that the name of a file may say. */
const fileFormats = answerFormats.filter((one) => one !== 'table')
const anyName = {
  what: 'an answer',
  wayOut: 'Name it by one of these, or say the form with --format, whatever the name.',
}

export const query: Command = {
  name: 'query',
  operands: 'RESULT SQL',
  operandsMax: 2,
  summary: 'asks the tables of a result by SQL',
  details: [
    resultPlaceHelp,
    "SQL is one statement of DuckDB's that reads. Each table of the result is one of SQL; elements of keys are columns, called as the job's `columns` says, or key_1, key_2, …; so are the properties of values, or `value`.",
    'A query reaches nothing but the tables: no file, no network, no setting.',
  ],
  example: `tallyman query last "select lang, sum(value) n from lang group by all order by n desc limit 10"`,
  run: async (args, terminal) => {
    const [name, sql] = args.positionals
    if (name === undefined || sql === undefined || sql.trim() === '') {
      throw new TallymanError('usage', '`tallyman query` takes a result and a statement of SQL.', {
        wayOut: 'Say for example: tallyman query last "from lang limit 10"',
      })
    }
    const { directory } = findResult(name, terminal)
    const code = await answer({ directory, sql, ...readOutput(args, terminal) }, args, terminal)
    sayLacking(readManifest(directory), terminal)
    return code
  },
}

interface Asked {
  readonly directory: string
  readonly sql: string
  readonly format: AnswerFormat
  /** Absolute; null for stdout. */
  readonly file: string | null
}

function readOutput(args: Arguments, terminal: Terminal): Pick<Asked, 'format' | 'file'> {
  const out = args.text('out')
  const file = out === null || out === '-' ? null : resolve(terminal.cwd, out)
  const said = args.has('json') ? 'jsonl' : answerFormats.find((one) => one === args.text('format'))
  const format = said ?? (file === null ? 'table' : (formByEnding(file, fileFormats, anyName) ?? 'csv'))
  if (format === 'parquet' && file === null) {
    throw new TallymanError('usage', 'Parquet is not written to stdout.', {
      wayOut: 'Name a file: -o answer.parquet',
    })
  }
  if (file !== null) checkFilePlace(file, terminal)
  return { format, file }
}

async function answer(
  { directory, sql, format, file }: Asked,
  args: Arguments,
  terminal: Terminal,
): Promise<ExitCode> {
  const limits = {
    memoryBytes: args.size('memory') ?? memoryDefault,
    threads: Math.min(threadsMax, availableParallelism()),
  }
  if (format === 'parquet' && file !== null) {
    const staging = placeBeside(file)
    try {
      await queryResult(directory, sql, { ...limits, parquetFile: staging }, async () => undefined)
      renameSync(staging, file)
    } finally {
      rmSync(staging, { force: true })
    }
    terminal.say(`Written: ${shownPath(file, terminal.cwd)}`)
    return exitCodes.complete
  }
  await queryResult(directory, sql, limits, async (found) => {
    if (file === null) {
      await toStdout(found, format, args, terminal)
      return
    }
    const whole = openWhole(file)
    try {
      let rows: number | null = null
      if (isText(format)) rows = await writeAnswer(found, format, whole.write)
      else {
        const out = (line: string): void => whole.write(`${line}\n`)
        await showFirst(found, args, { out, outColumns: Number.POSITIVE_INFINITY }, terminal)
      }
      whole.commit()
      const of = rows === null ? '' : `, ${countOf(rows, 'row')}`
      terminal.say(`Written: ${shownPath(file, terminal.cwd)}${of}`)
    } catch (error) {
      whole.discard()
      throw error
    }
  })
  return exitCodes.complete
}

async function toStdout(
  found: QueryAnswer,
  format: AnswerFormat,
  args: Arguments,
  terminal: Terminal,
): Promise<void> {
  if (!isText(format)) return await showFirst(found, args, terminal, terminal)
  await writeAnswer(found, format, (text) => {
    if (text !== '') terminal.out(text.replace(/\n$/, ''))
  })
}

/** As a table. */
async function showFirst(
  found: QueryAnswer,
  args: Arguments,
  place: Pick<Terminal, 'out' | 'outColumns'>,
  terminal: Terminal,
): Promise<void> {
  const rowsMax = args.count('rows') ?? rowsDefault
  if (await showAnswer(found, rowsMax, place))
    terminal.say(`There are more rows: --rows ${rowsMax * 10} shows more, --format csv writes all.`)
}
