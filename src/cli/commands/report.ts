import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { TallymanError } from '../../errors.ts'
import type { JobDescription } from '../../job/index.ts'
import { printable } from '../../printable.ts'
import { countOf, showBytes } from '../../quantities.ts'
import { makeReport, type RunFacts, readManifest, sayNotDrawn } from '../../result/index.ts'
import { firstRejected, type RunDirectory, readRun, sayRejectedPlace } from '../../run/index.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { withJobAsItIs } from '../job-as-it-is.ts'
import { findResult, findRunOrResult, resultPlaceHelp } from '../result-place.ts'
import { shownPath } from '../shown-path.ts'
import type { Terminal } from '../terminal.ts'
import { writeWhole } from '../whole-file.ts'
import { checkFilePlace, formByEnding } from '../written-place.ts'

const rejectedShownMax = 100

export const report: Command = {
  name: 'report',
  operands: 'RESULT',
  operandsMax: 1,
  summary: 'writes one HTML file with charts, tables, method, inputs, what is lacking, cost and digest',
  details: [
    resultPlaceHelp,
    "The file needs nothing else, no network and no script; it prints well. The code of the job and the rejected records are from the run's directory, where that is still there.",
  ],
  example: 'tallyman report last -o report.html',
  run: (args, terminal) => withJobAsItIs(args, terminal, (job) => write(job, args, terminal)),
}

/** @param job what says how the result is looked at, where it is not what it was made with */
async function write(job: JobDescription | null, args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const [name] = args.positionals
  if (name === undefined) {
    throw new TallymanError('usage', '`tallyman report` takes the result to report on.', {
      wayOut: 'Say for example: tallyman report last',
    })
  }
  const { directory } = findResult(name, terminal)
  const file = readPlace(args, terminal)
  const { page, refused } = await makeReport(
    directory,
    factsOf(readManifest(directory).run.id, terminal),
    job,
  )
  if (file === null) terminal.out(page.replace(/\n$/, ''))
  else {
    writeWhole(file, page)
    const bytes = Buffer.byteLength(page)
    if (args.has('json')) terminal.out(JSON.stringify({ file, bytes }))
    else terminal.out(`${shownPath(file, terminal.cwd)}  ${showBytes(bytes)}`)
  }
  for (const chart of refused) terminal.say(terminal.colors.yellow(printable(sayNotDrawn(chart).join(' '))))
  return exitCodes.complete
}

/** Where the report goes, an absolute path; null for stdout. */
function readPlace(args: Arguments, terminal: Terminal): string | null {
  const out = args.text('out') ?? 'report.html'
  if (out === '-') {
    if (!args.has('json')) return null
    throw new TallymanError(
      'usage',
      '--json says where the report was written, and `-o -` writes it to stdout.',
      {
        wayOut: 'Leave one of them out.',
      },
    )
  }
  const file = resolve(terminal.cwd, out)
  formByEnding(file, ['html', 'htm'], {
    what: 'a report',
    wayOut: 'A report is one file of HTML, which a browser prints and saves as PDF: -o report.html',
  })
  checkFilePlace(file, terminal)
  return file
}

/** What the run that made the result still tells. */
function factsOf(id: string, terminal: Terminal): RunFacts {
  let run: RunDirectory
  try {
    run = findRunOrResult(id, terminal)
  } catch (error) {
    if (!(error instanceof TallymanError)) throw error
    return { code: null, elapsedMs: null, rejected: [] }
  }
  const { identity, lastAt } = readRun(run)
  // Its id may be the beginning of another one's, where it is gone itself.
  if (identity.id !== id) return { code: null, elapsedMs: null, rejected: [] }
  return {
    code: codeOf(run, identity.job),
    elapsedMs: lastAt - identity.createdAt,
    rejected: rejectedOf(run),
  }
}

/** The job's own file as it was bundled: its source map holds it. */
function codeOf(run: RunDirectory, job: string): RunFacts['code'] {
  const map = join(run.path, 'job', 'job.mjs.map')
  if (!existsSync(map)) return null
  const { sources = [], sourcesContent = [] }: { sources?: string[]; sourcesContent?: (string | null)[] } =
    JSON.parse(readFileSync(map, 'utf8'))
  const at = sources.findIndex((source) => source.endsWith(job.slice(job.lastIndexOf('/') + 1)))
  const text = sourcesContent[at]
  const others = sources.filter(
    (source, index) => index !== at && source.startsWith('file:') && !source.includes('node_modules'),
  ).length
  const more = `it imports ${countOf(others, 'file')} of its own that ${others === 1 ? 'is' : 'are'} not shown`
  return typeof text === 'string'
    ? {
        text,
        from: `${job}, as it was run${others > 0 ? `; ${more}` : ''}`,
      }
    : null
}

function rejectedOf(run: RunDirectory): RunFacts['rejected'] {
  return firstRejected(run, rejectedShownMax).map((record) => ({
    place: sayRejectedPlace(record),
    reason: record.reason,
    excerpt: record.excerpt,
  }))
}
