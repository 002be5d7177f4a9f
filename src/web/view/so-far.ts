import { countOf } from '../../quantities.ts'
import { type AnswerSoFar, sayRestsOn } from '../../result/index.ts'
import type { RunState } from '../../run/index.ts'
import { headColumns } from './table-view.ts'
import type { SoFarView } from './views.ts'

/** An answer so far as it is shown. */
export function soFarView({ plan }: RunState, answer: AnswerSoFar): SoFarView {
  const { partitions, partitionsOf, tables, tasks, charts } = answer
  return {
    restsOn: sayRestsOn(answer),
    caution:
      partitions === partitionsOf
        ? null
        : `There are too many keys for all of them: these are those of ${countOf(partitions, 'partition')} of ${partitionsOf}, chosen by chance.`,
    charts: charts.map((chart) => ('title' in chart ? chart.title : chart.name)),
    edition: tasks,
    tables: tables.map(({ name, rows, top }) => ({
      name,
      rows,
      columns: headColumns(plan, name, top),
      top: top.map(({ key, value }) => [...key, value]),
    })),
  }
}
