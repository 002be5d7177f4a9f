import { existsSync, mkdirSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { TallymanError } from '../../errors.ts'
import {
  type Chart,
  chartFields,
  chartKinds,
  type JobDescription,
  nearestName,
  neededFields,
} from '../../job/index.ts'
import { printable } from '../../printable.ts'
import { showBytes } from '../../quantities.ts'
import {
  type Drawing,
  type PictureForm,
  planCharts,
  readManifest,
  render,
  sayNotDrawn,
} from '../../result/index.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { withJobAsItIs } from '../job-as-it-is.ts'
import { findResult, resultPlaceHelp } from '../result-place.ts'
import { shownPath } from '../shown-path.ts'
import type { Terminal } from '../terminal.ts'
import { textPlot } from '../text-plot.ts'
import { readWhere } from '../where.ts'
import { writeWhole } from '../whole-file.ts'
import { checkFilePlace, checkFolderPlace } from '../written-place.ts'

export const plot: Command = {
  name: 'plot',
  operands: 'RESULT [CHART…]',
  summary: 'draws a result: the charts of its job, or one that the options say',
  details: [
    resultPlaceHelp,
    "CHART is the name of one of the job's charts; without names all are drawn. With --kind the chart is the one that the options say: bars, lines, heat (a map of coloured cells), histogram, or map (countries of the world).",
    'A picture of a result that lacks something, or has rejected records, says so in itself. An absent count is 0; a day without data is a gap.',
  ],
  example: "tallyman plot last --kind bars --table lang --x lang --where 'tag=#flu'",
  run: (args, terminal) => withJobAsItIs(args, terminal, (job) => draw(job, args, terminal)),
}

/** @param job what says how it is drawn, where it is not what the result was made with */
async function draw(job: JobDescription | null, args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const [name, ...chosen] = args.positionals
  if (name === undefined) {
    throw new TallymanError('usage', '`tallyman plot` takes the result to draw.', {
      wayOut: 'Say for example: tallyman plot last',
    })
  }
  const { directory } = findResult(name, terminal)
  const description = job ?? readManifest(directory).job.description
  const charts = chartsOf(description, chosen, args)
  const look = { where: readWhere(args), tables: description.tables, isNewer: job !== null }
  const place = args.has('text') ? null : readPlace(args, terminal)
  const planned = await planCharts(directory, charts, look)
  const refused = planned.filter((one) => 'refused' in one)
  const [first] = refused
  if (first !== undefined && planned.length === 1) throw first.refused
  const drawings = planned.filter((one): one is Drawing => !('refused' in one))
  if (place === null) {
    for (const drawing of drawings)
      for (const line of textPlot(drawing, Math.min(terminal.outColumns, 100))) terminal.out(line)
  } else await writePictures(drawings, place, args, terminal)
  for (const one of refused) terminal.say(terminal.colors.yellow(printable(sayNotDrawn(one).join(' '))))
  return refused.length === 0 ? exitCodes.complete : exitCodes.failed
}

/** The chart that the flags say, or those of the job. */
function chartsOf(description: JobDescription, chosen: readonly string[], args: Arguments): readonly Chart[] {
  const kind = chartKinds.find((one) => one === args.text('kind'))
  if (kind !== undefined) return [chartOfFlags(kind, args)]
  const charts = description.charts ?? []
  if (charts.length === 0) {
    throw new TallymanError('usage', 'The job has no charts.', {
      wayOut: `Say what to draw, for example --kind bars --table ${description.tables[0]?.name ?? 'TABLE'} --x COLUMN; or write charts into the job.`,
    })
  }
  const named = namedCharts(charts, description.tables.length === 1 ? description.tables[0]?.name : undefined)
  const all = named.map(({ name }) => name)
  const found = chosen.map((name) => {
    const chart = named.find((one) => one.name === name)
    if (chart !== undefined) return chart
    throw new TallymanError('usage', `The job has no chart ${JSON.stringify(name)}.`, {
      wayOut: `Did you mean ${nearestName(name, all) ?? all.join(', ')}?`,
    })
  })
  const taken = chosen.length === 0 ? named : found
  return taken.map((chart) => ({ ...chart, ...overFlags(chart.kind, args) }) as Chart)
}

/** Charts under the names that their files have. */
function namedCharts(
  charts: readonly Chart[],
  only: string | undefined,
): (Chart & { readonly name: string })[] {
  const names = new Set<string>()
  return charts.map((chart) => {
    const wanted = chart.name ?? chart.table ?? only ?? 'chart'
    let name = wanted
    for (let number = 2; names.has(name); number++) name = `${wanted}-${number}`
    names.add(name)
    return { ...chart, name }
  })
}

const texts = ['table', 'x', 'y', 'series', 'facet', 'value', 'title', 'unit']
const counts = ['top', 'bins']
const switches = ['stacked', 'log']

/** What the flags say of a chart of this kind. */
function overFlags(kind: Chart['kind'], args: Arguments): Readonly<Record<string, unknown>> {
  const fields = chartFields(kind)
  const said: Record<string, unknown> = {}
  for (const name of texts) if (args.has(name)) said[name] = args.text(name)
  for (const name of counts) if (args.has(name)) said[name] = args.count(name)
  for (const name of switches) if (args.has(name)) said[name] = true
  for (const name of Object.keys(said)) {
    if (fields.includes(name)) continue
    throw new TallymanError('usage', `Option --${name} is none of a chart of kind ${kind}.`, {
      wayOut: `Leave it out, or draw another kind: --kind ${chartKinds.join('|')}.`,
    })
  }
  return said
}

function chartOfFlags(kind: Chart['kind'], args: Arguments): Chart {
  const said = overFlags(kind, args)
  for (const name of neededFields(kind)) {
    if (said[name] === undefined)
      throw new TallymanError('usage', `A chart of kind ${kind} needs --${name}.`, {
        wayOut: `Name the column: --${name} COLUMN.`,
      })
  }
  // Nothing is in it but fields of its kind, and none is lacking: the compiler cannot see that a list of names told so.
  return { kind, ...said } as unknown as Chart
}

/** Where pictures go, and in what forms. */
interface PicturePlace {
  /** Absolute. */
  readonly out: string
  /** The form of the one file that it is; null for a folder. */
  readonly ending: PictureForm | null
  /** Of each picture in a folder. */
  readonly forms: readonly PictureForm[]
}

const pictureForms = ['png', 'svg'] as const

/** Looks at the place before anything is drawn. */
function readPlace(args: Arguments, terminal: Terminal): PicturePlace {
  const said = args.text('out') ?? 'plots'
  if (said === '-') {
    throw new TallymanError('usage', 'Pictures are not written to stdout.', {
      wayOut: 'Name a file, as -o chart.png, or a folder; --text draws here.',
    })
  }
  const out = resolve(terminal.cwd, said)
  const ending = pictureForms.find((form) => extname(out).toLowerCase() === `.${form}`) ?? null
  if (ending === null) {
    checkFolder(said, out)
    checkFolderPlace(out, out, terminal)
  } else {
    checkFolderPlace(dirname(out), out, terminal)
    if (existsSync(dirname(out))) checkFilePlace(out, terminal)
  }
  const format = args.text('format')
  return {
    out,
    ending,
    forms: format === 'both' ? pictureForms : [format === 'svg' ? 'svg' : 'png'],
  }
}

/** A name that ends as those of files do is none of a folder, unless it is there or is said to be one. */
function checkFolder(said: string, out: string): void {
  if (!/\.[a-z]{2,7}$/i.test(out) || said.endsWith('/') || existsSync(out)) return
  throw new TallymanError('usage', `${basename(out)} ends in neither .png nor .svg.`, {
    wayOut: `Name a file that does, or a folder: -o ${basename(out)}/`,
  })
}

async function writePictures(
  drawings: readonly Drawing[],
  { out, ending, forms }: PicturePlace,
  args: Arguments,
  terminal: Terminal,
): Promise<void> {
  if (ending !== null && drawings.length > 1) {
    throw new TallymanError(
      'usage',
      `There are ${drawings.length} pictures, and ${basename(out)} is one file.`,
      { wayOut: 'Name a directory, or one of the charts.' },
    )
  }
  for (const drawing of drawings) {
    for (const form of ending === null ? forms : [ending]) {
      const file = ending === null ? join(out, `${drawing.name}.${form}`) : out
      const bytes = await render(drawing, form)
      mkdirSync(dirname(file), { recursive: true })
      writeWhole(file, bytes)
      if (args.has('json'))
        terminal.out(JSON.stringify({ chart: drawing.name, title: drawing.title, file, bytes: bytes.length }))
      else terminal.out(`${shownPath(file, terminal.cwd)}  ${drawing.title}, ${showBytes(bytes.length)}`)
    }
    for (const warning of drawing.warnings) terminal.say(`  ${terminal.colors.yellow(warning)}`)
  }
}
