/** What is asked for on the command line. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type DefectName, defects, isDefect } from './defects.ts'
import type { PlanOptions } from './plan.ts'

export interface ModelOptions extends PlanOptions {
  readonly outDir: string
  /** First day, YYYY-MM-DD, and how many. */
  readonly from: string
  readonly days: number
  readonly defects: readonly DefectName[]
  readonly workers: number
}

/** The command line is wrong; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const usage = `node examples/twitter/make-model.mjs OUT_DIR [OPTION…]

Writes a scale model of the archive of 2020 into "OUT_DIR/Twitter dataset", one zip a day, and the right answer
beside it, into OUT_DIR/answer (and OUT_DIR/answer-full-text, for whole texts).

  --scale N       one tweet of the model stands for N, 100 to 500000 (20000: 65,206 tweets, 240 MB of JSON)
  --tag-scale N   one tweet with a hashtag stands for N (scale / 20, at least 1); hashtags rarer than 20 such
                  tweets a year are kept larger
  --seed N        other texts and places, the same sums (1)
  --from DATE     the first day (2020-01-01)
  --days N        how many days (366, or to the end of the year)
  --defect NAME   breaks one day, or lays odd files beside; may be repeated
  --workers N     threads that write (one a core); the bytes do not depend on it
  --help          this page

Defects:
${Object.entries(defects)
  .map(([name, { day, does }]) => `  ${name.padEnd(14)}  ${day === null ? '' : `${day} `}${does}`)
  .join('\n')}
`

const yearDays = 366
const scaleMin = 100
const scaleMax = 500_000

/** Reads the arguments. Returns null where help is asked for. Throws `UsageError`. */
export function readOptions(args: readonly string[]): ModelOptions | null {
  const { values, positionals } = parse(args)
  if (values.help === true) return null
  const [outDir, ...others] = positionals
  if (outDir === undefined || others.length > 0) throw new UsageError('Say one folder to write to: OUT_DIR.')
  const scale = wholeNumber('--scale', values.scale, 20_000, scaleMin, scaleMax)
  const from = values.from ?? '2020-01-01'
  const left = yearDays - dayOfYear(from)
  return {
    outDir,
    scale,
    tagScale: wholeNumber(
      '--tag-scale',
      values['tag-scale'],
      Math.max(1, Math.round(scale / 20)),
      1,
      10_000_000,
    ),
    seed: wholeNumber('--seed', values.seed, 1, 0, Number.MAX_SAFE_INTEGER),
    from,
    days: wholeNumber('--days', values.days, left, 1, left),
    defects: (values.defect ?? []).map(defectNamed),
    workers: wholeNumber('--workers', values.workers, Math.min(8, availableParallelism()), 1, 64),
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        scale: text,
        'tag-scale': text,
        seed: text,
        from: text,
        days: text,
        defect: { type: 'string', multiple: true },
        workers: text,
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function wholeNumber(
  option: string,
  text: string | undefined,
  standard: number,
  least: number,
  most: number,
): number {
  if (text === undefined) return standard
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new UsageError(`Option ${option} is "${text}"; it takes a whole number from ${least} to ${most}.`)
}

/** Days since 2020-01-01. */
function dayOfYear(day: string): number {
  const days = (Date.parse(`${day}T00:00:00Z`) - Date.UTC(2020, 0)) / 86_400_000
  if (/^2020-\d\d-\d\d$/.test(day) && Number.isInteger(days) && days >= 0 && days < yearDays) return days
  throw new UsageError(`Option --from is "${day}"; it takes a day of 2020, for example 2020-02-18.`)
}

function defectNamed(name: string): DefectName {
  if (isDefect(name)) return name
  throw new UsageError(`Option --defect is "${name}"; the defects are ${Object.keys(defects).join(', ')}.`)
}
