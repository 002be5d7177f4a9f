import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { showDuration } from '../../quantities.ts'

/**
 * A form that asks the server for another page. What is asked may take long: from then on it is said how long it has taken. Without a script
 * the browser alone shows that it waits.
 */
export function AskForm(props: {
  readonly action: string
  /** Of what is shown meanwhile the beginning: `Asking`. */
  readonly doing: string
  /** An answer that takes longer does not come. */
  readonly msMax?: number
  readonly children: ComponentChildren
}): JSX.Element {
  const { action, doing, msMax, children } = props
  const [forMs, setForMs] = useState<number | null>(null)
  const isWaiting = forMs !== null
  useEffect(() => {
    if (!isWaiting) return undefined
    const startMs = performance.now()
    const timer = setInterval(() => setForMs(1000 * Math.round((performance.now() - startMs) / 1000)), 1000)
    // Whoever comes back finds the page as it was left.
    const rest = (): void => setForMs(null)
    addEventListener('pageshow', rest)
    return () => {
      clearInterval(timer)
      removeEventListener('pageshow', rest)
    }
  }, [isWaiting])
  return (
    <form class="ask" method="get" action={action} aria-busy={isWaiting} onSubmit={() => setForMs(0)}>
      {children}
      <p class="how" role="status">
        {isWaiting ? (
          <>
            {doing}
            {/* Not to be read out every second. */}
            <span aria-hidden="true">
              {forMs === 0 ? '…' : `, for ${showDuration(forMs)}`}
              {msMax === undefined ? null : ` of at most ${showDuration(msMax)}`}
            </span>
          </>
        ) : null}
      </p>
    </form>
  )
}
