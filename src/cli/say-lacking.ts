import { printable } from '../printable.ts'
import type { Manifest } from '../result/index.ts'
import type { Terminal } from './terminal.ts'

const saidMax = 3

/** Says on stderr what a result is without, where only a part of it is shown, so that no part of an incomplete one passes for all there is. */
export function sayLacking({ completeness }: Manifest, terminal: Terminal): void {
  if (completeness.complete) return
  const { accepted } = completeness
  terminal.say('Of an incomplete result, as accepted:')
  for (const { message } of accepted.slice(0, saidMax)) terminal.say(`  without: ${printable(message)}`)
  if (accepted.length > saidMax) terminal.say(`  and ${accepted.length - saidMax} more`)
}
