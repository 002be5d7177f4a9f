import { resolve } from 'node:path'
import { TallymanError } from '../errors.ts'
import { readMachine } from '../host/index.ts'
import { shellWord } from '../input/index.ts'
import { days, type ExpectedDays } from '../job/index.ts'
import {
  attemptsMaxDefault,
  type BadRecordLimit,
  bytesOfAll,
  isolations,
  keepBytesMaxDefault,
  noBadRecords,
  type RunOptions,
  type SparkOptions,
  taskTimeoutMsDefault,
} from '../run/index.ts'
import { localThreads } from '../spark/index.ts'
import type { Arguments } from './arguments.ts'

/** Resolves a command line to the one frozen value a run is made of. */
export function readRunOptions(args: Arguments, cwd: string): RunOptions {
  const [job, ...inputs] = args.positionals
  if (job === undefined) {
    throw new TallymanError('usage', 'Which job? `tallyman run` needs a job file and inputs.', {
      wayOut: 'Say for example: tallyman run words.job.ts "texts/*.txt". `tallyman new words` writes a job.',
    })
  }
  checkJobFirst(job, inputs)
  const master = args.text('on')
  return Object.freeze({
    job,
    inputs,
    cwd,
    isolation: isolations.find((kind) => kind === args.text('isolation')) ?? isolations[0],
    image: args.text('image'),
    ...(master === null
      ? { workers: args.count('workers'), memoryBytes: args.size('memory') }
      : resourcesOnSpark(master, args)),
    splitBytes: args.text('split') === 'whole' ? Number.MAX_SAFE_INTEGER : args.size('split'),
    spillBytes: args.size('spill'),
    params: readPairs('param', args.list('param'), 'limit=10'),
    expect: readExpect(args.text('expect')),
    accept: args.list('accept'),
    badRecords: readMaxBad(args.text('max-bad')) ?? noBadRecords,
    attemptsMax: args.count('attempts') ?? attemptsMaxDefault,
    isPolite: !args.has('impolite'),
    speculates: !args.has('no-speculation'),
    reuse: !args.has('no-reuse'),
    hashInputs: args.has('hash-inputs'),
    keepBytesMax: args.size('keep') ?? keepBytesMaxDefault,
    spark: readSpark(args, cwd),
    taskTimeoutMs: (args.count('task-timeout') ?? taskTimeoutMsDefault / 1000) * 1000,
  })
}

/** Names of an error's command: more are left out. */
const namesMax = 4

/** A job that stands behind its input would be read as text, and the input be loaded as a job. */
function checkJobFirst(first: string, inputs: readonly string[]): void {
  const isCode = (name: string): boolean => /\.[cm]?[jt]sx?$/.test(name)
  const job = isCode(first) ? undefined : inputs.find(isCode)
  if (job === undefined) return
  const rest = [first, ...inputs.filter((name) => name !== job)]
  const names = [job, ...rest].slice(0, namesMax).map(shellWord).join(' ')
  throw new TallymanError(
    'usage',
    `${JSON.stringify(first)} stands where the job should, and ${JSON.stringify(job)} among the inputs.`,
    { wayOut: `The job comes first: tallyman run ${names}${rest.length < namesMax ? '' : ' …'}` },
  )
}

/** What one worker on an executor may hold where nothing was said. */
const executorWorkerBytes = 2 ** 30

/**
 * Workers and memory of a run on Spark. In local mode they are this machine's; elsewhere `--memory` is what one worker may
 * hold, and `--workers` how many cores are asked for.
 */
function resourcesOnSpark(master: string, args: Arguments): Pick<RunOptions, 'workers' | 'memoryBytes'> {
  const threads = localThreads(master, readMachine().cores)
  if (threads !== null) return { workers: threads, memoryBytes: args.size('memory') }
  const workers = args.count('workers') ?? 1
  return {
    workers,
    memoryBytes: bytesOfAll(workers, args.size('memory') ?? executorWorkerBytes),
  }
}

const sparkOnly = ['spark-home', 'spark-conf', 'spark-pack', 'deploy-mode'] as const

/** Only a standalone cluster counts cores; others count executors. */
function askForCores(conf: Record<string, string>, master: string, cores: number): void {
  if (!/^(yarn$|k8s:)/.test(master)) {
    conf['spark.cores.max'] ??= String(cores)
    return
  }
  const each = Number(conf['spark.executor.cores'] ?? 1)
  conf['spark.executor.instances'] ??= String(Math.max(1, Math.ceil(cores / each)))
}

/** What a run stands on. */
const reservedProperty = /^spark\.(eventLog\.|master$|submit\.deployMode$)/

/** What is read of a run's own properties; others of their prefix would be passed over in silence. */
const ownProperties: ReadonlyMap<string, { readonly form: RegExp; readonly takes: string }> = new Map([
  ['spark.tallyman.throughDriver', { form: /^(true|false)$/, takes: 'true or false' }],
  ['spark.tallyman.silentSeconds', { form: /^\d{1,6}(\.\d+)?$/, takes: 'a number of seconds' }],
])

/** Spark passes over what it does not know, and says so in its log alone. */
function checkProperty([name, value]: readonly [string, string]): void {
  if (!name.startsWith('spark.'))
    throw new TallymanError(
      'usage',
      `Option --spark-conf sets ${name}, which Spark would pass over: its properties begin with "spark.".`,
      { wayOut: `Say --spark-conf spark.${name}=…, or spark.hadoop.${name}=… for one of Hadoop's.` },
    )
  if (!name.startsWith('spark.tallyman.')) return
  const own = ownProperties.get(name)
  if (own?.form.test(value)) return
  throw new TallymanError(
    'usage',
    own === undefined
      ? `Option --spark-conf sets ${name}, which is no property of a run's.`
      : `Option --spark-conf sets ${name} to ${JSON.stringify(value)}; it takes ${own.takes}.`,
    { wayOut: `There are ${[...ownProperties.keys()].join(' and ')}; docs/spark.md says more.` },
  )
}

/** Spark would find out once the inputs are planned and its JVM is up. */
function checkTakesDriver(master: string): void {
  if (!/^(spark:|local)/.test(master)) return
  throw new TallymanError(
    'usage',
    `Option --deploy-mode is "cluster", and ${master} takes no driver written in Python, as this one is.`,
    { wayOut: 'Leave it out: the driver runs here. YARN and Kubernetes would take it.' },
  )
}

function readSpark(args: Arguments, cwd: string): SparkOptions | null {
  const master = args.text('on')
  const [home, pack] = [args.text('spark-home'), args.text('spark-pack')]
  if (master === null) {
    const stray = sparkOnly.find(
      (name) => args.has(name) || args.text(name) !== null || args.list(name).length > 0,
    )
    if (stray === undefined) return null
    throw new TallymanError('usage', `Option --${stray} is for runs on Spark.`, {
      wayOut: "Say where with --on, for example --on 'local[2]' or --on spark://host:7077.",
    })
  }
  if (args.text('isolation') !== null)
    throw new TallymanError('usage', 'Options --on and --isolation do not go together.', {
      wayOut: 'Leave out --isolation: on Spark each worker is a process of its own.',
    })
  const conf = readPairs('spark-conf', args.list('spark-conf'), 'spark.executor.cores=2')
  const reserved = Object.keys(conf).find((name) => reservedProperty.test(name))
  if (reserved !== undefined)
    throw new TallymanError(
      'usage',
      `Option --spark-conf sets ${reserved}, which a run on Spark sets itself.`,
      {
        wayOut:
          'Leave it out: --on and --deploy-mode say where the application runs, and its event log is what the run is told by.',
      },
    )
  Object.entries(conf).forEach(checkProperty)
  const deployMode = args.text('deploy-mode') === 'cluster' ? 'cluster' : 'client'
  if (deployMode === 'cluster') checkTakesDriver(master)
  const workers = args.count('workers')
  if (workers !== null && localThreads(master, 1) === null) askForCores(conf, master, workers)
  return {
    master,
    deployMode,
    home: home === null ? null : resolve(cwd, home),
    pack: pack === null ? null : resolve(cwd, pack),
    conf,
  }
}

function readPairs(option: string, given: readonly string[], example: string): Record<string, string> {
  const pairs: [string, string][] = given.map((text) => {
    const equals = text.indexOf('=')
    if (equals < 1) {
      throw new TallymanError(
        'usage',
        `Option --${option} is ${JSON.stringify(text)}; it takes NAME=VALUE.`,
        {
          wayOut: `Say for example --${option} ${example}.`,
        },
      )
    }
    return [text.slice(0, equals), text.slice(equals + 1)]
  })
  return Object.fromEntries(pairs)
}

function readExpect(text: string | null): ExpectedDays | null {
  if (text === null) return null
  const [from, to, ...more] = text.split('..')
  const refuse = (why: string): TallymanError =>
    new TallymanError('usage', `Option --expect is ${JSON.stringify(text)}; ${why}`, {
      wayOut: 'Say for example --expect 2020-01-01..2020-12-31.',
    })
  if (from === undefined || to === undefined || more.length > 0)
    throw refuse('it takes the first and the last day, YYYY-MM-DD..YYYY-MM-DD.')
  try {
    return days(from, to)
  } catch (cause) {
    if (!(cause instanceof TallymanError)) throw cause
    const why = cause.message
      .replace('days() "from" is the string', 'its first day is')
      .replace('days() "to" is the string', 'its last day is')
    throw refuse(why.replace(/^days\(\)/, 'it'))
  }
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
