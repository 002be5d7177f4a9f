import { TallymanError } from '../errors.ts'
import type { Where } from '../result/index.ts'
import type { Arguments } from './arguments.ts'

/**
 * What `--where COLUMN=VALUE` says; several of one column are alternatives.
 *
 * @throws {TallymanError} `usage` for what has no equals sign
 */
export function readWhere(args: Arguments): Where {
  const where: Record<string, { readonly typed: string }[]> = {}
  for (const text of args.list('where')) {
    const equals = text.indexOf('=')
    if (equals < 1) {
      throw new TallymanError('usage', `Option --where is ${JSON.stringify(text)}; it takes COLUMN=VALUE.`, {
        wayOut: "Say for example --where 'tag=#flu'.",
      })
    }
    const column = text.slice(0, equals)
    where[column] = [...(where[column] ?? []), { typed: text.slice(equals + 1) }]
  }
  return where
}

/** `tag=a or tag=c, and lang=null`. */
export function sayWhere(where: Where): string {
  const columns = Object.entries(where).map(([column, wanted]) =>
    wanted.map((one) => `${column}=${'typed' in one ? one.typed : one.exactly}`).join(' or '),
  )
  return columns.join(', and ')
}
