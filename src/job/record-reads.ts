/**
 * What a map does with its records, as far as its text says. A record that is only read by name needs to be no object that
 * could be listed, copied or changed, and that is several times cheaper to give.
 *
 * This is no parser, and need not be one: every place where the record's name stands in the text counts, be it in a comment, and
 * each must have one of a few forms. Whatever has another form is taken to use the record as an object.
 */

/** As they were before a job was loaded, which may have others in their place. */
const { toString: functionText } = Function.prototype
const objectNames: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype))

/** `map(record, …`, `function map({ a, b: c }, …`, `async (record) => …` and their kind, up to what follows the record. */
const head =
  /^(?:async\b\s*)?(?:function\b\s*)?(?:[A-Za-z_$][\w$]*\s*)?\(\s*(?:([A-Za-z_$][\w$]*)|\{([\w$\s:,]*)\})\s*(?=[,)])/
const bareHead = /^(?:async\s+)?([A-Za-z_$][\w$]*)\s*(?==>)/

/** With these a text can reach its record, or what a record has, without the record's name. */
const reachesAround = /\b(?:arguments|eval|super|delete)\b|\bwith\s*[(/]/
/** An escape that may spell a letter of a name: `\u0061` and `\u{61}`. */
const escapedAscii = /\\u(?:00[0-7]|\{0*[0-7]?[\da-f]\})/i

/** What makes a name longer, before it or behind it. */
const ofName = String.raw`[\p{ID_Continue}\\$]|\u200c|\u200d`
/** One place in a list of names: `a` or `a: b`. */
const listed = /^([A-Za-z_$][\w$]*)(?:\s*:\s*[A-Za-z_$][\w$]*)?$/
/** `.name` or `?.name` and nothing that makes a call of it, as `(record.name)()` does as well. A comment may hide one. */
const readOfName =
  /^\s*\??\.\s*([A-Za-z_$][\w$]*)(?![\p{ID_Continue}\\$]|\u200c|\u200d)(?!(?:\s*\))*\s*(?:\(|`|\?\.\s*[(`]|\/[/*]))/u
const takenApartBefore = /\b(?:const|let|var)\s*\{([\w$\s:,]*)\}\s*=\s*$/
const takenApartBehind = /^\s*;/

/**
 * The names of the properties that a map reads of its records, where its text shows that it does nothing else with a record
 * than to read these and to write them: it neither lists, copies nor keeps the record, nor gives it to anybody. Null
 * where the text does not show that. What it reads may be more than is ever read, and never less.
 */
export function recordReads(map: (...given: never[]) => unknown): readonly string[] | null {
  // A function of the older, sloppy kind can be asked for what it was called with.
  if (Object.hasOwn(map, 'arguments')) return null
  const text = withoutStrings(functionText.call(map))
  if (reachesAround.test(text) || escapedAscii.test(text)) return null
  const begin = head.exec(text) ?? bareHead.exec(text)
  if (begin === null) return null
  const [whole, record, list] = begin
  const names = list === undefined ? namesRead(text.slice(whole.length), record ?? '') : namesListed(list)
  // What every object has is not read of the record alone.
  return names?.some((name) => objectNames.has(name)) ? null : names
}

/** A string, a comment, or what may begin something that looks like either and is none: a template, a regular expression. */
const stringOrOther = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"|\/\/.*|\/\*[\s\S]*?\*\/|[`/]/g

/** The text with what is in its strings taken out, as far as it is sure what is a string. */
function withoutStrings(text: string): string {
  let isSure = true
  return text.replace(stringOrOther, (found) => {
    isSure &&= found !== '`' && found !== '/'
    return isSure && !found.startsWith('/') ? "''" : found
  })
}

function namesListed(list: string): string[] | null {
  const places = list.split(',').map((place) => place.trim())
  if (places.at(-1) === '') places.pop()
  const names = places.map((place) => listed.exec(place)?.[1])
  return names.every((name) => name !== undefined) ? names : null
}

/** What is read at all places where the record's name stands; null where one of them may be something else than a read. */
function namesRead(text: string, record: string): string[] | null {
  const name = record.replaceAll('$', '\\$')
  const places = new RegExp(`(?<!${ofName})${name}(?!${ofName})`, 'gu')
  const names = new Set<string>()
  for (const { index } of text.matchAll(places)) {
    const behind = text.slice(index + record.length)
    const read = readOfName.exec(behind)?.[1]
    if (read !== undefined) {
      names.add(read)
      continue
    }
    const list = takenApartBefore.exec(text.slice(0, index))?.[1]
    const listedNames = list !== undefined && takenApartBehind.test(behind) ? namesListed(list) : null
    if (listedNames === null) return null
    for (const one of listedNames) names.add(one)
  }
  return [...names]
}
