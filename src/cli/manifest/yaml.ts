/** What is written as YAML: plain data, whose entries that are undefined are left out. */
export type YamlValue =
  | string
  | number
  | boolean
  | readonly YamlValue[]
  | { readonly [name: string]: YamlValue | undefined }

/** Keys and values that mean themselves in every version of YAML; all else is quoted as JSON is, which YAML reads. */
const plain = /^[A-Za-z_][\w./-]*$/
/** What JSON takes as it is, and YAML does not, or takes for the end of a line. */
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g
/** Words that some readers take for something else. */
const reserved = /^(true|false|yes|no|on|off|null|y|n)$/i

/**
 * Writes a value as a YAML document (yaml.org, 1.2). Pure.
 *
 * @example
 * toYaml({ name: 'a', ports: [80] }) // 'name: a\nports:\n  - 80\n'
 */
export function toYaml(value: YamlValue): string {
  return `${linesOf(value).join('\n')}\n`
}

function linesOf(value: YamlValue): string[] {
  if (isList(value)) {
    return value.flatMap((item) => {
      const [first = '', ...rest] = linesOf(item)
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)]
    })
  }
  if (typeof value !== 'object') return [scalar(value)]
  return Object.entries(value).flatMap(([name, item]) => {
    if (item === undefined) return []
    const key = scalar(name)
    if (typeof item !== 'object') return [`${key}: ${scalar(item)}`]
    const isEmpty = Object.keys(item).length === 0
    if (isEmpty) return [`${key}: ${isList(item) ? '[]' : '{}'}`]
    return [`${key}:`, ...linesOf(item).map((line) => `  ${line}`)]
  })
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value)
}

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value)
  if (plain.test(value) && !reserved.test(value)) return value
  return JSON.stringify(value).replaceAll(unprintable, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
