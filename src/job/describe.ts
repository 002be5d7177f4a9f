import type { Chart } from './chart.ts'
import { columnsOf } from './columns.ts'
import { jobTables } from './emit.ts'
import type { Expectation } from './expect.ts'
import type { AnyJob } from './job.ts'
import { describeParams, type ParamDescription } from './params.ts'
import type { AnyReducer } from './reducer.ts'

/** A table as plain data. */
export interface TableDescription {
  readonly name: string
  readonly kind: AnyReducer['kind']
  /** Names the job gives the elements of keys; absent where it gives none. */
  readonly columns?: readonly string[]
}

/** A job as plain data: what `--help`, the plan, the manifest and the page say about it. */
export interface JobDescription {
  /** null where the job has no name of its own. */
  readonly name: string | null
  readonly description: string | null
  /** Sorted by name. */
  readonly tables: readonly TableDescription[]
  /** What the job says should be drawn; absent where it says nothing. */
  readonly charts?: readonly Chart[]
  readonly input: {
    readonly name: string
    readonly unit: 'line' | 'file'
    readonly recordBytesMax: number
    readonly options: Readonly<Record<string, string | number | boolean | null>>
  }
  /** In the order written. */
  readonly params: readonly ParamDescription[]
  readonly expect: Expectation | null
}

/** Describes a job. Cost: asks each parameter's schema once for its default. */
export function describeJob(job: AnyJob): JobDescription {
  const { name, unit, recordBytesMax, options } = job.input
  return {
    name: job.name ?? null,
    description: job.description ?? null,
    tables: jobTables(job).map(({ name, reducer }) => {
      const columns = columnsOf(job, name)
      return { name, kind: reducer.kind, ...(columns === null ? {} : { columns }) }
    }),
    ...(job.charts === undefined ? {} : { charts: job.charts }),
    input: { name, unit, recordBytesMax, options },
    params: describeParams(job),
    expect: job.expect ?? null,
  }
}
