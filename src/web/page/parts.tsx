/** Small pieces that several parts of the page are made of. */
import { type ComponentChildren, Fragment, type JSX } from 'preact'
import { printable } from '../../printable.ts'
import type { Pair, Tone } from '../view/views.ts'

/** As most ids of runs are, which are not broken at their hyphens. */
const namePattern = /^[\w.-]{1,32}$/

/** Text from data: what would act upon the reader instead of being shown is escaped, and a long one is cut. */
export function Data({ text, max = 500 }: { readonly text: string; readonly max?: number }): JSX.Element {
  const isCut = text.length > max
  const isWord = (text.length <= 20 && !text.includes(' ')) || namePattern.test(text)
  return <bdi class={isWord ? 'data word' : 'data'}>{printable(isCut ? `${text.slice(0, max)}…` : text)}</bdi>
}

/** A message from data, of one line or several. */
export function Lines({ text, max = 4000 }: { readonly text: string; readonly max?: number }): JSX.Element {
  const shown = text.length > max ? `${text.slice(0, max)}…` : text
  return (
    <bdi class="data">
      {shown.split(/\r?\n/).map((line, index) => (
        <Fragment key={index}>
          {index === 0 ? null : <br />}
          {printable(line)}
        </Fragment>
      ))}
    </bdi>
  )
}

/** A word or two about how something stands; the colour only says it again. */
export function Badge({
  tone,
  children,
}: {
  readonly tone: Tone
  readonly children: ComponentChildren
}): JSX.Element {
  return <span class={`badge ${tone}`}>{children}</span>
}

/** A part of the page with a heading. */
export function Panel(props: {
  readonly title: string
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
}): JSX.Element {
  const id = `part-${props.title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id}>
        {props.title}
        {props.aside === undefined ? null : <span class="aside"> {props.aside}</span>}
      </h2>
      {props.children}
    </section>
  )
}

/** Names and their values, both from data, in the order given. No name stands there twice. */
export function Pairs({ pairs }: { readonly pairs: readonly Pair[] }): JSX.Element {
  return (
    <dl class="pairs">
      {pairs.map(({ name, value }) => (
        <div key={name}>
          <dt>
            <Data text={name} />
          </dt>
          <dd>
            <Data text={value} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** The head of a column; numbers stand at its right, so that digits are below each other. */
export interface Column {
  readonly title: string
  readonly number?: true
}

/** A table that scrolls on its own where the window is narrow. */
export function Table(props: {
  readonly label: string
  readonly columns: readonly Column[]
  readonly rows: readonly { readonly key: string; readonly cells: readonly ComponentChildren[] }[]
}): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1, axe scrollable-region-focusable)
    <section class="scroll" tabIndex={0} aria-label={props.label}>
      <table>
        <thead>
          <tr>
            {props.columns.map(({ title, number }) => (
              <th key={title} scope="col" class={number === true ? 'number' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, index) => (
                <td
                  key={props.columns[index]?.title ?? index}
                  class={props.columns[index]?.number === true ? 'number' : undefined}
                >
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** `2020-12-31 23:59:59 UTC`, the same on the server and in every browser. */
export function Time({ at }: { readonly at: number }): JSX.Element {
  const iso = new Date(at).toISOString()
  return <time dateTime={iso}>{`${iso.slice(0, 19).replace('T', ' ')} UTC`}</time>
}

/** A command as it is typed in a shell, to be copied. */
export function Typed({ command }: { readonly command: string }): JSX.Element {
  return (
    <code class="typed">
      <Data text={command} />
    </code>
  )
}
