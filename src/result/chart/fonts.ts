import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { GlobalFonts } from '@napi-rs/canvas'
import { charactersOf } from './font-characters.ts'

/** A slice of a font: the characters of one file. */
interface Slice {
  readonly alias: string
  readonly file: string
  readonly ranges: readonly (readonly [from: number, to: number])[]
  readonly isEmoji: boolean
}

/** The slices that a picture needs, as both canvas and browser know them. */
export interface PictureFonts {
  /** For `font-family`. */
  readonly family: string
  readonly slices: readonly { readonly alias: string; readonly file: string; readonly isEmoji: boolean }[]
}

const base = '@fontsource-variable/noto-sans'
const han = { sc: `${base}-sc`, jp: `${base}-jp`, kr: `${base}-kr` } as const
const emoji = '@infolektuell/noto-color-emoji'
const require = createRequire(import.meta.url)

const read = new Map<string, readonly Slice[]>()

/** The slices of a package, from its style sheet; not those for signs, whose ranges promise more than is in them. */
function slicesOf(name: string): readonly Slice[] {
  const known = read.get(name)
  if (known !== undefined) return known
  const folder = dirname(require.resolve(`${name}/index.css`))
  const css = readFileSync(join(folder, 'index.css'), 'utf8')
  const slices = [...css.matchAll(/@font-face\s*\{([^}]*)\}/g)].flatMap(([, rule = ''], index): Slice[] => {
    const file = /url\(["']?(\.\/[^"')]+\.woff2)/.exec(rule)?.[1]
    const ranges = /unicode-range:\s*([^;]+);?/.exec(rule)?.[1]
    if (file === undefined || ranges === undefined || /-(math|symbols)-/.test(file)) return []
    const short = name.slice(name.lastIndexOf('/') + 1)
    return [
      {
        alias: `tallyman-${short}-${index}`,
        file: join(folder, file),
        ranges: parseRanges(ranges),
        isEmoji: name === emoji,
      },
    ]
  })
  read.set(name, slices)
  return slices
}

function parseRanges(text: string): (readonly [number, number])[] {
  return text.split(',').map((part) => {
    const [from = '', to = from] = part.trim().replace(/^U\+/i, '').split('-')
    const low = Number.parseInt(from.replaceAll('?', '0'), 16)
    return [low, Number.parseInt(to.replaceAll('?', 'f'), 16)]
  })
}

/** The scripts of these fonts: style sheets promise single characters of others, which are not there. */
const scripts =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Common}\p{Script=Inherited}]/u

/** They are seen in what stands beside them. */
const joiners: ReadonlySet<string> = new Set([
  '\u200c',
  '\u200d',
  '\ufe0e',
  '\ufe0f',
  '\u2068',
  '\u2069',
  '\n',
])
/** Not among the emoji of a font that has every script: digits and signs are letters first. */
const emojiPattern =
  /\p{Emoji_Presentation}|\p{Extended_Pictographic}|[0-9#*]\ufe0f?\u20e3|\p{Regional_Indicator}/u

/** Han characters look different in Chinese, Japanese and Korean; the texts beside them say which is meant. */
function hanOrder(texts: readonly string[]): string[] {
  const withHan = texts.filter((text) => /\p{Script=Han}/u.test(text))
  const japanese = withHan.filter((text) => /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)).length
  const korean = withHan.filter((text) => /\p{Script=Hangul}/u.test(text)).length
  const chinese = withHan.length - japanese - korean
  const order: [string, number][] = [
    [han.sc, chinese],
    [han.jp, japanese],
    [han.kr, korean],
  ]
  return order.sort((a, b) => b[1] - a[1]).map(([name]) => name)
}

/**
 * Finds the fonts for texts: of each package only the slices with characters that occur. What no font has is told, so that it can
 * be written another way and never is a box.
 */
export function fontsFor(texts: readonly string[]): PictureFonts & { readonly missing: ReadonlySet<string> } {
  const packages = [base, `${base}-arabic`, `${base}-devanagari`, ...hanOrder(texts), emoji]
  const all = packages.map((name) => ({ name, slices: slicesOf(name) }))
  // The digits and letters of numbers, dates and our own words.
  const characters = new Set(`${texts.join('')}0123456789,.%-–…·`)
  const used = new Set<Slice>()
  const missing = new Set<string>()
  for (const character of characters) {
    if (joiners.has(character)) continue
    const isEmoji = emojiPattern.test(character) && !/[0-9#*\u00a9\u00ae]/.test(character)
    if (!scripts.test(character)) {
      missing.add(character)
      continue
    }
    const slice = isEmoji ? findSlice(all.slice(-1), character) : findSlice(all, character)
    if (slice !== undefined) used.add(slice)
    else missing.add(character)
  }
  if (texts.some((text) => emojiPattern.test(text))) for (const slice of emojiSlices(texts)) used.add(slice)
  const slices = all.flatMap((one) => one.slices).filter((slice) => used.has(slice))
  return { family: slices.map(({ alias }) => alias).join(','), slices, missing }
}

/** The first slice that promises a character and has it: some promise more than is in them, and would draw a box. */
function findSlice(
  packages: readonly { readonly slices: readonly Slice[] }[],
  character: string,
): Slice | undefined {
  const point = character.codePointAt(0) ?? 0
  for (const { slices } of packages) {
    const slice = slices.find(
      ({ ranges, file }) =>
        ranges.some(([from, to]) => from <= point && point <= to) && charactersOf(file).has(point),
    )
    if (slice !== undefined) return slice
  }
  return undefined
}

/** Sequences (families, skin, keycaps) are shaped in one slice: all slices with a character of them. */
function emojiSlices(texts: readonly string[]): Slice[] {
  const sequences =
    texts.join(' ').match(/\p{Emoji}(?:\u200d|\ufe0f|\u20e3|\p{Emoji}|[\u{e0020}-\u{e007f}])+/gu) ?? []
  const points = new Set(
    [...sequences.filter((one) => /[^0-9#*]/u.test(one)).join('')].map((one) => one.codePointAt(0) ?? 0),
  )
  return slicesOf(emoji).filter(({ ranges }) =>
    ranges.some(([from, to]) => [...points].some((point) => point > 0x2000 && from <= point && point <= to)),
  )
}

const registered = new Set<string>()

/** Lends the slices to the canvas. */
export function registerFonts(fonts: typeof GlobalFonts, { slices }: PictureFonts): void {
  for (const { alias, file } of slices) {
    if (registered.has(alias)) continue
    registered.add(alias)
    fonts.registerFromPath(file, alias)
  }
}

/** A text in which characters that no font has are escaped. */
export function drawable(text: string, missing: ReadonlySet<string>): string {
  if (missing.size === 0) return text
  return [...text]
    .map((one) => (missing.has(one) ? `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}` : one))
    .join('')
}
