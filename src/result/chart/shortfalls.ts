import { printable } from '../../printable.ts'
import { showCount } from '../../quantities.ts'
import type { Manifest } from '../manifest.ts'

/** More names than this are counted. */
const namedMax = 12

/** What a result lacks, as sentences for people: nothing for a complete one. */
export function sayShortfalls({ completeness, rejected, records }: Manifest): string[] {
  const sentences: string[] = []
  const inputs = completeness.accepted.filter(({ kind }) => kind === 'input')
  if (inputs.length > 0) {
    const names = inputs.map((shortfall) =>
      'name' in shortfall ? printable(shortName(String(shortfall.name))) : '',
    )
    const shown = names.slice(0, namedMax).join(', ')
    const more = names.length > namedMax ? ` and ${showCount(names.length - namedMax)} more` : ''
    sentences.push(`Incomplete: without ${shown}${more}.`)
  }
  return [...sentences, ...sayRejected({ rejected, records })]
}

/** A sentence where records were rejected. */
export function sayRejected({ rejected, records }: Pick<Manifest, 'rejected' | 'records'>): string[] {
  if (rejected === 0) return []
  const verb = rejected === 1 ? 'was rejected and is' : 'were rejected and are'
  return [`${showCount(rejected)} of ${showCount(records + rejected)} records ${verb} not counted.`]
}

/** The last part of a path, and of an archive's member its own name after it. */
function shortName(name: string): string {
  const [path = '', member] = name.split('!')
  const file = path.slice(path.lastIndexOf('/') + 1)
  return member === undefined ? file : `${file}!${member.slice(member.lastIndexOf('/') + 1)}`
}
