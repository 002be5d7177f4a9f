import type { JobDescription } from '../job/index.ts'
import { printable } from '../printable.ts'
import { alignColumns } from './tables.ts'
import type { Terminal } from './terminal.ts'

/** What a job says of itself: what it does, its parameters, its tables. */
export function helpOfJob({ out }: Terminal, path: string, job: JobDescription): void {
  for (const line of [...jobLines(path, job), ...paramLines(job)]) out(printable(line))
}

function jobLines(path: string, job: JobDescription): string[] {
  const options = job.params.length === 0 ? '' : ' [--param NAME=VALUE]…'
  return [
    `Usage: tallyman run ${path}${options} INPUT…`,
    '',
    ...(job.name === null ? [] : [job.name]),
    ...(job.description === null ? [] : [job.description]),
    `Reads ${job.input.name}; writes ${job.tables.map(({ name, kind }) => `${name} (${kind})`).join(', ')}.`,
    ...(job.expect === null
      ? []
      : [`Expects an input for every day from ${job.expect.from} to ${job.expect.to}.`]),
    '',
  ]
}

function paramLines({ params }: JobDescription): string[] {
  if (params.length === 0)
    return ['It takes no parameters. `tallyman run --help` lists the options of every run.']
  const rows = params.map((param) => [
    param.name,
    param.type ?? '',
    [param.description ?? '', needOf(param)].filter((text) => text !== '').join('. '),
  ])
  return [
    'Parameters:',
    ...alignColumns(rows).map((line) => `  ${line}`),
    '',
    '`tallyman run --help` lists the options of every run.',
  ]
}

function needOf(param: JobDescription['params'][number]): string {
  if (param.required) return 'Required.'
  return 'default' in param ? `Default: ${JSON.stringify(param.default) ?? ''}.` : ''
}
