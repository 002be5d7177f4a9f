import type { ComponentChildren, JSX } from 'preact'
import { Badge } from './parts.tsx'

/** The head of a page about something of a run's result. */
export function OfResult(props: {
  readonly run: string
  readonly title: string
  readonly complete: boolean
  readonly children: ComponentChildren
}): JSX.Element {
  const { run, title, complete, children } = props
  return (
    <>
      <nav>
        <a href="/">All runs</a> / <a href={`/runs/${encodeURIComponent(run)}`}>{run}</a>
      </nav>
      <header>
        <h1>
          {title} {complete ? null : <Badge tone="warn">of an incomplete result</Badge>}
        </h1>
        <p class="how">{children}</p>
      </header>
    </>
  )
}
