import type { PreparedRun } from '../run/index.ts'
import { totalsOf } from '../run/index.ts'
import { printable } from './printable.ts'
import { countOf, showBytes, showCount } from './quantities.ts'
import type { Terminal } from './terminal.ts'

const listedMax = 20

/** Says what a run would read, in how many tasks, and what it would not and why. */
export function sayPlan(terminal: Terminal, run: PreparedRun): void {
  const { out } = terminal
  const { discovery, tasks, splits, partitions, workers, isolation, memory, job } = run.plan
  const { inputBytes } = totalsOf(run.state)
  out(
    `Job: ${printable(job.path)}${job.description.description === null ? '' : `: ${printable(job.description.description)}`}`,
  )
  for (const [name, value] of Object.entries(job.params))
    out(`  ${name} = ${printable(JSON.stringify(value) ?? 'undefined')}`)
  out(`Tables: ${job.description.tables.map(({ name, kind }) => `${name} (${kind})`).join(', ')}`)
  out(
    `Reads ${countOf(discovery.files.length, 'file')}, ${showBytes(inputBytes)}, as ${job.description.input.name}:`,
  )
  list(
    out,
    discovery.files.map(({ path, kind, identity, members }) => {
      const inside = kind === 'zip' ? `, ${countOf(members.length, 'member')}` : ''
      return `${printable(path)}  ${showBytes(identity.sizeBytes)}, ${kind}${inside}`
    }),
  )
  if (discovery.series !== null) {
    const { pattern, from, to, missing } = discovery.series
    out(
      `Series ${printable(pattern)}: ${from} to ${to}, ${missing.length === 0 ? 'no day missing' : `${countOf(missing.length, 'day')} missing`}`,
    )
  }
  if (discovery.ignored.length > 0) {
    out(`Does not read ${countOf(discovery.ignored.length, 'other')}:`)
    list(
      out,
      discovery.ignored.map(({ path, reason }) => `${printable(path)} ${printable(reason)}`),
    )
  }
  if (discovery.problems.length > 0) {
    out(`Would not be complete:`)
    list(
      out,
      discovery.problems.map(({ message, wayOut }) =>
        printable(`${message}${wayOut === undefined ? '' : ` ${wayOut}`}`),
      ),
    )
  }
  list(
    out,
    discovery.notes.map((note) => `note: ${printable(note)}`),
  )
  out(
    `Runs ${countOf(tasks.length, 'map task')} over ${countOf(splits.length, 'split')} and ${countOf(partitions, 'reduce task')} ` +
      `on ${countOf(workers, isolation === 'process' ? 'worker process' : 'worker thread', isolation === 'process' ? 'worker processes' : 'worker threads')}, ` +
      `in ${showCount(Math.floor(memory.totalBytes / 2 ** 20))} MiB of memory at most.`,
  )
}

function list(out: (line: string) => void, lines: readonly string[]): void {
  const isLong = lines.length > listedMax
  for (const line of isLong ? [...lines.slice(0, listedMax - 1)] : lines) out(`  ${line}`)
  if (isLong) out(`  … and ${showCount(lines.length - listedMax + 1)} more`)
}
