/**
 * What a map does with its records, as far as its text says. A record that is only read by name needs to be no object that
 * could be listed, copied or changed, and that is several times cheaper to give.
 *
 * This is no parser, and need not be one: every place where the record's name stands in the text counts, be it in a comment, and
 * each must have one of a few forms. Whatever has another form is taken to use the record as an object.
 */

import type { Reads, RecordUse } from './format.ts'

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
 * What a map reads of its records, where its text shows that it does nothing else with a record than to read properties by name and to
 * write them: it neither lists, copies nor keeps the record, nor gives it to anybody. Null where the text does not show
 * that. What it reads may be more than is ever read, and never less.
 */
export function recordUse(map: (...given: never[]) => unknown): RecordUse | null {
  // A function of the older, sloppy kind can be asked for what it was called with.
  if (Object.hasOwn(map, 'arguments')) return null
  const { text, isSure } = withoutStrings(functionText.call(map))
  if (reachesAround.test(text) || escapedAscii.test(text)) return null
  const begin = head.exec(text) ?? bareHead.exec(text)
  if (begin === null) return null
  const [whole, record, list] = begin
  const body = text.slice(whole.length)
  const paths = list === undefined ? pathsRead(body, record ?? '') : pathsListed(list)
  // What every object has is not read of the record alone.
  if (paths === null || paths.some(([name = '']) => objectNames.has(name))) return null
  return {
    reads: treeOf(paths),
    mayReadLater: list === undefined && mayReadLater(body, record ?? '', isSure),
  }
}

/** A string, a comment, or what may begin something that looks like either and is none: a template, a regular expression. */
const stringOrOther = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"|\/\/.*|\/\*[\s\S]*?\*\/|[`/]/g

/** The text with what is in its strings taken out, as far as it is sure what is a string; `isSure`: to its end. */
function withoutStrings(text: string): { readonly text: string; readonly isSure: boolean } {
  let isSure = true
  const rest = text.replace(stringOrOther, (found) => {
    isSure &&= found !== '`' && found !== '/'
    return isSure && !found.startsWith('/') ? "''" : found
  })
  return { text: rest, isSure }
}

const functionOrClass = /\b(?:function|class)\b/
/** What has parentheses and a block and is no function. */
const statement = /(?:\b(?:if|for|for\s+await|while|switch|with)|\}\s*catch)\s*$/
/** A method may have the name of a statement: it comes behind a comma, or first in an object. */
const methodNamedSo = /(?:,|(?:[=([,?]|\breturn)\s*\{)\s*\w+\s*$/
const comment = /\/\/.*|\/\*[\s\S]*?\*\//g

/** What is left of plain parameters behind the record, and the arrow. */
const otherParameters = /^(?:[\w$\s,:{}]*\))?\s*(?:=>)?/

/** Whether the record's name stands in a function within the map, which may run when the map has returned. */
function mayReadLater(behindRecord: string, record: string, isSure: boolean): boolean {
  const text = behindRecord.replace(otherParameters, '')
  if (!isSure) return text.includes('=>') || hasOtherFunction(text)
  const code = text.replace(comment, ' ')
  if (hasOtherFunction(code)) return true
  const places = [...code.matchAll(placesOf(record))].map(({ index }) => index)
  return [...code.matchAll(/=>/g)].some(({ index }) => {
    const end = index + arrowEnd(code.slice(index))
    return places.some((place) => place > index && place < end)
  })
}

/** Whether there is a function that is no arrow, or a class. A method needs no word that says so: its parameters are followed by a block. */
function hasOtherFunction(code: string): boolean {
  if (functionOrClass.test(code)) return true
  return [...code.matchAll(/\)\s*\{/g)].some(({ index }) => {
    const before = code.slice(0, openingOf(code, index))
    return !statement.test(before) || methodNamedSo.test(before)
  })
}

/** Where the parenthesis is opened that is closed at `closing`; 0 where none is. */
function openingOf(code: string, closing: number): number {
  let depth = 0
  for (let at = closing; at > 0; at -= 1) {
    if (code[at] === ')') depth += 1
    else if (code[at] === '(') depth -= 1
    if (depth === 0) return at
  }
  return 0
}

/** How far the function goes whose arrow the code begins with: at least as far as its body does. */
function arrowEnd(code: string): number {
  const isBlock = /^=>\s*\{/.test(code)
  let depth = 0
  for (const { 0: found, index } of code.matchAll(/[()[\]{};]/g)) {
    if ('([{'.includes(found)) depth += 1
    else if (found !== ';') depth -= 1
    if (depth < 0 || (depth === 0 && (found === ';' || (isBlock && found === '}')))) return index
  }
  return code.length
}

/** A property of the record, and one of the value of that, and so on. */
type Path = readonly string[]

function pathsListed(list: string): Path[] | null {
  const places = list.split(',').map((place) => place.trim())
  if (places.at(-1) === '') places.pop()
  const names = places.map((place) => listed.exec(place)?.[1])
  return names.every((name) => name !== undefined) ? names.map((name) => [name]) : null
}

/** Where the name stands, and is not a part of another one. */
function placesOf(name: string): RegExp {
  return new RegExp(`(?<!${ofName})${name.replaceAll('$', '\\$')}(?!${ofName})`, 'gu')
}

/** What is read at all places where the record's name stands; null where one of them may be something else than a read. */
function pathsRead(text: string, record: string): Path[] | null {
  const paths: Path[] = []
  for (const { index } of text.matchAll(placesOf(record))) {
    const behind = text.slice(index + record.length)
    const path = pathRead(behind)
    if (path.length > 0) {
      paths.push(path)
      continue
    }
    const list = takenApartBefore.exec(text.slice(0, index))?.[1]
    const taken = list !== undefined && takenApartBehind.test(behind) ? pathsListed(list) : null
    if (taken === null) return null
    paths.push(...taken)
  }
  return paths
}

/** The names that are read one of the other: `.a?.b` and what follows. What comes after the last one may do anything with its value. */
function pathRead(text: string): string[] {
  const path: string[] = []
  let rest = text
  for (;;) {
    const [read, name] = readOfName.exec(rest) ?? []
    // Below the record, what every object has may give the object away.
    if (read === undefined || name === undefined || (path.length > 0 && objectNames.has(name))) return path
    path.push(name)
    rest = rest.slice(read.length)
  }
}

/** Of a property that one place reads and does anything with, nothing is known, whatever others read below it. */
function treeOf(paths: readonly Path[]): Reads {
  const below = new Map<string, Path[]>()
  for (const [name = '', ...path] of paths) {
    const known = below.get(name)
    if (known === undefined) below.set(name, [path])
    else known.push(path)
  }
  return new Map(
    [...below].map(([name, rest]) => [name, rest.some((path) => path.length === 0) ? null : treeOf(rest)]),
  )
}
