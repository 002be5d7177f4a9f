import { TallymanError } from '../errors.ts'
import { days, type ExpectedDays } from '../job/index.ts'
import {
  attemptsMaxDefault,
  type BadRecordLimit,
  isolations,
  keepBytesMaxDefault,
  noBadRecords,
  type RunOptions,
  taskTimeoutMsDefault,
} from '../run/index.ts'
import type { Arguments } from './arguments.ts'

/** Resolves a command line to the one frozen value a run is made of. */
export function readRunOptions(args: Arguments, cwd: string): RunOptions {
  const [job, ...inputs] = args.positionals
  if (job === undefined) {
    throw new TallymanError('usage', 'Which job? `tallyman run` needs a job file and inputs.', {
      wayOut: 'Say for example: tallyman run words.job.ts "texts/*.txt". `tallyman new words` writes a job.',
    })
  }
  return Object.freeze({
    job,
    inputs,
    cwd,
    isolation: isolations.find((kind) => kind === args.text('isolation')) ?? isolations[0],
    image: args.text('image'),
    workers: args.count('workers'),
    memoryBytes: args.size('memory'),
    splitBytes: args.text('split') === 'whole' ? Number.MAX_SAFE_INTEGER : args.size('split'),
    spillBytes: args.size('spill'),
    params: readParams(args.list('param')),
    expect: readExpect(args.text('expect')),
    accept: args.list('accept'),
    badRecords: readMaxBad(args.text('max-bad')) ?? noBadRecords,
    attemptsMax: args.count('attempts') ?? attemptsMaxDefault,
    isPolite: !args.has('impolite'),
    speculates: !args.has('no-speculation'),
    reuse: !args.has('no-reuse'),
    hashInputs: args.has('hash-inputs'),
    keepBytesMax: args.size('keep') ?? keepBytesMaxDefault,
    taskTimeoutMs: (args.count('task-timeout') ?? taskTimeoutMsDefault / 1000) * 1000,
  })
}

function readParams(given: readonly string[]): Record<string, string> {
  const params: [string, string][] = given.map((text) => {
    const equals = text.indexOf('=')
    if (equals < 1) {
      throw new TallymanError('usage', `Option --param is ${JSON.stringify(text)}; it takes NAME=VALUE.`, {
        wayOut: 'Say for example --param limit=10.',
      })
    }
    return [text.slice(0, equals), text.slice(equals + 1)]
  })
  return Object.fromEntries(params)
}

function readExpect(text: string | null): ExpectedDays | null {
  if (text === null) return null
  const [from, to, ...more] = text.split('..')
  try {
    if (from !== undefined && to !== undefined && more.length === 0) return days(from, to)
  } catch (cause) {
    if (!(cause instanceof TallymanError)) throw cause
  }
  throw new TallymanError(
    'usage',
    `Option --expect is ${JSON.stringify(text)}; it takes the first and the last day, YYYY-MM-DD..YYYY-MM-DD.`,
    { wayOut: 'Say for example --expect 2020-01-01..2020-12-31.' },
  )
}

/** Null where the option was not given. */
export function readMaxBad(text: string | null): BadRecordLimit | null {
  if (text === null) return null
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text)
  const number = Number(match?.[1])
  if (match !== null && match[2] === '%' && number <= 100) return { kind: 'percent', percent: number }
  if (match !== null && match[2] === '' && Number.isSafeInteger(number))
    return { kind: 'count', count: number }
  throw new TallymanError(
    'usage',
    `Option --max-bad is ${JSON.stringify(text)}; it takes a whole number of records, or a share up to 100%.`,
    { wayOut: 'Say for example --max-bad 10, or --max-bad 0.1%.' },
  )
}
