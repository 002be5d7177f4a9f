import type { JSX } from 'preact'
import type { View } from '../view/run-view.ts'
import { RunPage } from './run-page.tsx'
import { RunsPage } from './runs-page.tsx'

/** What a page shows of a view; the same on the server and in a browser. */
export function Page({ view }: { readonly view: View }): JSX.Element {
  return view.kind === 'runs' ? <RunsPage view={view} /> : <RunPage run={view} />
}

export function titleOf(view: View): string {
  return view.kind === 'runs' ? 'Runs · tallyman' : `${view.line.said} · ${view.line.id} · tallyman`
}
