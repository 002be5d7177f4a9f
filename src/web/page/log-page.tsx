import type { JSX } from 'preact'
import type { LogView, PrintedView } from '../view/views.ts'
import { Badge, Panel } from './parts.tsx'

/** What is printed in a run, by all its attempts or by one. */
export function LogPage({ view }: { readonly view: LogView }): JSX.Element {
  const { run, of, isAtWork, printed } = view
  const at = `/runs/${encodeURIComponent(run)}`
  return (
    <>
      <nav>
        <a href="/">All runs</a> / <a href={at}>{run}</a>
        {of === null ? null : (
          <>
            {' '}
            / <a href={`${at}/logs`}>Log</a>
          </>
        )}
      </nav>
      <header>
        <h1>
          {of === null ? 'Log' : `Log of ${of}`}{' '}
          {isAtWork ? <Badge tone="busy">is followed</Badge> : <Badge tone="idle">has ended</Badge>}
        </h1>
        <p class="how">
          {of === null
            ? 'What attempts have printed: those that were begun last, newest first, and of each the end.'
            : 'What it has printed; the end of it, where that is long.'}
        </p>
      </header>
      <main>
        {printed.length === 0 ? <p>Nothing was printed.</p> : null}
        {printed.map((one) => (
          <Printed key={one.of} printed={one} at={at} isAlone={of !== null} />
        ))}
      </main>
    </>
  )
}

function Printed(props: {
  readonly printed: PrintedView
  readonly at: string
  readonly isAlone: boolean
}): JSX.Element {
  const { at, isAlone } = props
  const { of, isRunning, text, isCut } = props.printed
  return (
    <Panel title={of} aside={isRunning ? <Badge tone="busy">at work</Badge> : undefined}>
      {text === '' ? (
        <p>Nothing was printed.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1, axe scrollable-region-focusable)
        <section class="scroll log" tabIndex={0} aria-label={`printed by ${of}`}>
          <pre>{text}</pre>
        </section>
      )}
      {isCut && !isAlone ? (
        <p class="how">
          This is the end of it; <a href={`${at}/logs/${of}`}>more of it</a>.
        </p>
      ) : null}
      {isAlone ? (
        <p class="how">
          <a href={`${at}/logs/${of}/text`}>all that is kept, as text</a>
        </p>
      ) : null}
    </Panel>
  )
}
