import type { JobDescription } from '../job/index.ts'
import { printable } from './printable.ts'
import { alignColumns } from './tables.ts'
import type { Terminal } from './terminal.ts'

/** What a job says of itself: what it does, its parameters, its tables. */
export function helpOfJob({ out, colors }: Terminal, path: string, job: JobDescription): void {
  out(colors.bold(printable(job.name ?? path)))
  if (job.description !== null) out(printable(job.description))
  out(
    `\nReads ${job.input.name}; writes ${job.tables.map(({ name, kind }) => `${name} (${kind})`).join(', ')}.`,
  )
  if (job.expect !== null) out(`Expects an input for every day from ${job.expect.from} to ${job.expect.to}.`)
  if (job.params.length === 0) {
    out('It takes no parameters.')
    return
  }
  out('\nParameters:')
  const rows = job.params.map((param) => {
    const fallback = 'default' in param ? `Default: ${printable(JSON.stringify(param.default) ?? '')}` : ''
    const need = param.required ? 'Required.' : fallback
    return [
      `--param ${param.name}=`,
      printable(param.type ?? ''),
      [printable(param.description ?? ''), need].filter((text) => text !== '').join('. '),
    ]
  })
  for (const line of alignColumns(rows, 'left')) out(`  ${line}`)
}
