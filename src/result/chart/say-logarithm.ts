import { assertNever } from '../../errors.ts'
import { type Amount, showAmount } from './amounts.ts'
import type { Content } from './drawing.ts'

/** More labels than these are counted. */
const namedMax = 8

/** The amounts that a picture shows. */
export function amountsOf(content: Content): Amount[] {
  switch (content.kind) {
    case 'bars':
      return content.panels.flatMap(({ bars }) => bars.map(({ total }) => total))
    case 'lines':
      return content.panels.flatMap(({ values }) => values.flat()).filter((value) => value !== null)
    case 'heat':
      return content.panels.flatMap(({ cells }) => cells.map(([, , value]) => value))
    case 'histogram':
      return content.panels.flatMap(({ bins }) => bins.map(({ count }) => count))
    case 'map':
      return content.panels.flatMap(({ values }) => values.map(([, value]) => value))
    default:
      return assertNever(content)
  }
}

/** What a logarithmic scale does to a picture, as sentences. */
export function sayLogarithm(content: Content, from: number): string[] {
  const steps = 'Logarithmic scale: ten times as much is always one step more'
  if (content.kind === 'bars')
    return [`${steps}; bars begin at ${showAmount(from)}.`, ...sayWithoutBar(content.panels)]
  if (content.kind === 'histogram') return [`${steps}; bars begin at ${showAmount(from)}.`]
  const lost = amountsOf(content).filter((value) => value <= 0).length
  if (lost === 0) return [`${steps}.`]
  const verb =
    lost === 1
      ? 'value of 0 or less has no logarithm and is'
      : 'values of 0 or less have no logarithm and are'
  return [`${steps}.`, `${lost.toLocaleString('en-US')} ${verb} not drawn.`]
}

function sayWithoutBar(panels: Extract<Content, { kind: 'bars' }>['panels']): string[] {
  const lost = panels.flatMap(({ title, bars }) =>
    bars
      .filter(({ total }) => total <= 0)
      .map(({ label, total }) => `${title === null ? '' : `${title}, `}${label} ${showAmount(total)}`),
  )
  if (lost.length === 0) return []
  const more = lost.length > namedMax ? `, and ${lost.length - namedMax} more` : ''
  return [`Without a bar, as 0 and less have no logarithm: ${lost.slice(0, namedMax).join('; ')}${more}.`]
}
