/** Writes a scale model of the archive. See `usage` in options.ts. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { addAnswers, emptyAnswers, writeAnswers } from './answer.ts'
import { archiveName } from './archive.ts'
import { type DefectName, defects, strikesOf } from './defects.ts'
import { type Facts, readFacts } from './facts.ts'
import { type ModelOptions, readOptions, UsageError, usage } from './options.ts'
import { daysOf, type ShareOrder, type ShareOutcome, type ShareReport } from './share.ts'
import { TagBook } from './tag-book.ts'
import { writeZip } from './zip.ts'

/** Where the launcher has put things. */
export interface Surroundings {
  readonly factsDir: string
  /** worker.ts, bundled. */
  readonly workerFile: string
}

/** What `model.json` says. */
interface Model {
  readonly scale: number
  readonly seed: number
  readonly from: string
  readonly days: number
  readonly archives: number
  /** Tweets that stand whole in members that can be read. */
  readonly tweets: number
  /** Records among them without a text. */
  readonly notTweets: number
  readonly jsonBytes: number
  readonly zipBytes: number
  /** For each tag, how many tweets of the year one of the model stands for. */
  readonly tagScales: Readonly<Record<string, number>>
  readonly defects: readonly {
    readonly defect: DefectName
    readonly file: string | null
    readonly does: string
  }[]
}

const datasetName = 'Twitter dataset'

/** Runs the program. Returns its exit code: 0, or 2 for a wrong command line. */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    const options = readOptions(args)
    if (options === null) process.stdout.write(usage)
    else await makeModel(options, surroundings)
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\nnode examples/twitter/make-model.mjs --help tells more.\n`)
    return 2
  }
}

async function makeModel(options: ModelOptions, { factsDir, workerFile }: Surroundings): Promise<void> {
  const startMs = performance.now()
  const facts = readFacts(factsDir)
  const datasetDir = makeRoom(options.outDir)
  const shares = Math.min(options.workers, options.days)
  const reports = await Promise.all(
    Array.from({ length: shares }, (_, share) =>
      shareInThread(workerFile, { options, factsDir, datasetDir, share, shares }),
    ),
  )
  if (options.defects.includes('odd-files')) writeOddFiles(datasetDir)
  const answers = emptyAnswers()
  for (const report of reports) addAnswers(answers, report.answers)
  writeAnswers(answers, options.outDir)
  const model = describe(options, facts, reports)
  writeFileSync(join(options.outDir, 'model.json'), `${JSON.stringify(model, null, 2)}\n`)
  process.stdout.write(summary(model, datasetDir, (performance.now() - startMs) / 1000))
}

/** An empty folder for the archives. An earlier model makes way; anything else stays. */
function makeRoom(outDir: string): string {
  const dataset = join(outDir, datasetName)
  if (existsSync(dataset) && !existsSync(join(outDir, 'model.json'))) {
    throw new UsageError(`"${dataset}" is there already, and is not an earlier model. Say another folder.`)
  }
  for (const name of [datasetName, 'answer', 'answer-full-text', 'model.json']) {
    rmSync(join(outDir, name), { recursive: true, force: true })
  }
  mkdirSync(dataset, { recursive: true })
  return dataset
}

function shareInThread(workerFile: string, order: ShareOrder): Promise<ShareReport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerFile, { workerData: order })
    worker.once('error', reject)
    worker.once('message', (outcome: ShareOutcome) => {
      if ('problem' in outcome) reject(new UsageError(outcome.problem))
      else resolve(outcome)
    })
  })
}

/** What else lies in the real folder. Its tweets are not of 2020. */
function writeOddFiles(datasetDir: string): void {
  writeFileSync(
    join(datasetDir, 'README.txt'),
    'Geotagged tweets, one archive a day. Ask before you copy 4.8 TB.\n',
  )
  const tweet =
    '{"id":1511500000000000001,"text":"#coronavirus in another folder\'s form","lang":"en","place":null}\n'
  const member = { name: 'tweets-20220406.json', bytes: Buffer.from(tweet) }
  writeFileSync(join(datasetDir, 'tweets-20220406.zip'), writeZip([member], '2022-04-06'))
}

function describe(options: ModelOptions, facts: Facts, reports: readonly ShareReport[]): Model {
  const total = (of: (report: ShareReport) => number): number =>
    reports.reduce((sum, report) => sum + of(report), 0)
  const days = daysOf(
    facts.days.map(({ day }) => day),
    options,
  )
  return {
    scale: options.scale,
    seed: options.seed,
    from: options.from,
    days: options.days,
    archives: total(({ archives }) => archives),
    tweets: total(({ tweets }) => tweets),
    notTweets: total(({ notTweets }) => notTweets),
    jsonBytes: total(({ jsonBytes }) => jsonBytes),
    zipBytes: total(({ zipBytes }) => zipBytes),
    tagScales: Object.fromEntries(facts.tags.map((tag) => [tag, new TagBook(facts, tag, options).scale])),
    defects: strikesOf(options.defects, days).map(({ defect, day }) => ({
      defect,
      file: day === null ? null : `${archiveName(day)}.zip`,
      does: defects[defect].does,
    })),
  }
}

function summary(model: Model, datasetDir: string, seconds: number): string {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
  const lines = [
    `${model.archives} archives in "${datasetDir}": ${model.tweets} tweets, ${megabytes(model.jsonBytes)} of JSON, ` +
      `${megabytes(model.zipBytes)} zipped, in ${seconds.toFixed(1)} s.`,
    `One tweet stands for ${model.scale}, one with #coronavirus for ${model.tagScales['#coronavirus']}; model.json tells the rest.`,
    ...model.defects.map(
      ({ defect, file, does }) => `Defect ${defect}: ${file === null ? does : `${file} ${does}`}.`,
    ),
    'The right answer is in answer/{lang,country,day}.jsonl.',
  ]
  return `${lines.join('\n')}\n`
}
