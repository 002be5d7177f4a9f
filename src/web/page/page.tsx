import type { JSX } from 'preact'
import type { View } from '../view/views.ts'
import { DiffPage } from './diff-page.tsx'
import { LogPage } from './log-page.tsx'
import { QueryPage } from './query-page.tsx'
import { RunPage } from './run-page.tsx'
import { RunsPage } from './runs-page.tsx'
import { TablePage } from './table-page.tsx'

/** What a page shows of a view; the same on the server and in a browser. */
export function Page({ view }: { readonly view: View }): JSX.Element {
  switch (view.kind) {
    case 'runs':
      return <RunsPage view={view} />
    case 'run':
      return <RunPage run={view} />
    case 'table':
      return <TablePage view={view} />
    case 'query':
      return <QueryPage view={view} />
    case 'diff':
      return <DiffPage view={view} />
    case 'log':
      return <LogPage view={view} />
  }
}

/** For the tab, of which the beginning is seen: what tells pages apart comes first. Text as it is in the data, to be escaped by the caller. */
export function titleOf(view: View): string {
  switch (view.kind) {
    case 'runs':
      return 'Runs · tallyman'
    case 'run':
      return `${view.line.said} · ${view.line.id} · tallyman`
    case 'table':
      return `${view.name} · ${view.run} · tallyman`
    case 'query':
      return `Query · ${view.run} · tallyman`
    case 'diff':
      return `Difference · ${view.run} · tallyman`
    case 'log':
      return `Log${view.of === null ? '' : ` of ${view.of}`} · ${view.run} · tallyman`
  }
}
