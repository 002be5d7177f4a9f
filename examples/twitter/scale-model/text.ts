/** The text of a tweet: cut at 140 characters as the stream does, with the whole text beside it. */
import type { Random } from './random.ts'
import { wordsIn } from './words.ts'

export interface TweetText {
  readonly text: string
  /** The whole text, where `text` is cut. */
  readonly fullText: string | null
}

export interface TextOptions {
  readonly language: string
  readonly tags: readonly string[]
  readonly tagsOnlyInFull: readonly string[]
}

/** Characters (code points) of a whole text before `… ` and a link of 23 make 140 of them. */
const cutAt = 115
const textMax = 140
const fullTextMax = 280

/** How often a text is longer than the stream delivers, where nothing else decides. */
const longShare = 0.22

const emoji = ['😂', '❤️', '🙏🏽', '😷', '🇮🇹', '👩‍⚕️', '🔥', '✨', '😭', '🎉', '☕️', '🧼', '🏠']

/** What looks like a tag and is none: other letters, wider signs, gaps. None has a tag in it, in upper or lower case. */
// biome-ignore format: one entry a line would hide the table
const decoys = [
  '＃coronavirus', '#COVİD19', '#сovid19', '#Ｃｏｒｏｎａ', 'coronavirus', 'COVID-19', '# corona', 'corona#', '#koronawirus',
  '#covid_19', '#covid–19', '#COVID', '#covid-20', '#ſick', '#vírus', '#influenza', '#Çough', '#コロナ', '#코로나', '#冠状', '#doc tor',
  '#stayhome', '#love', '#NowPlaying', '#photography', '#job', '#BTS', '#TBT', '#weekend', '#sunset',
]

/** What people hang onto a tag: the text still contains it. */
const endings: Readonly<Record<string, readonly string[]>> = {
  '#coronavirus': ['outbreak', 'uk', 'italia', 'update', '2020', '_es'],
  '#corona': ['time', '_update', 'zeit', 'lockdown', 's'],
  '#covid19': ['uk', 'update', '_india', 'pandemic', 'brasil'],
  '#covid2019': ['us', 'italia'],
  '#virus': ['chino', 'free'],
  '#flu': ['shot', 'season', 'ffy', 'ent'],
  '#sick': ['ness', 'leave', 'ening'],
  '#hospital': ['ity', 's', 'jobs'],
  '#nurse': ['s', 'life', 'jobs'],
  '#doctor': ['s', 'who', 'strange'],
  '#コロナウイルス': ['対策', '感染症'],
  '#코로나바이러스': ['감염증'],
  '#冠状病毒': ['疫情'],
}

/** Tags in one text from which on they are written bare, to have room. */
const bareFrom = 4

/** Writes the text of a tweet. */
export function writeText(options: TextOptions, random: Random): TweetText {
  const { language, tags, tagsOnlyInFull } = options
  const [only] = tags
  const longer = tags.length === 1 ? tagsOnlyInFull.find((tag) => tag.startsWith(only ?? '#')) : undefined
  if (only !== undefined && longer !== undefined) return cutInTag(only, longer, options, random)
  const tagsText = writeTags(tags, random)
  if (tagsOnlyInFull.length > 0 || random.chance(longShare)) {
    const room = cutAt - 1 - codePoints(tagsText)
    return long(`${lead(language, random.between(0, room), random)}${tagsText}`.trimEnd(), options, random)
  }
  const room = textMax - codePoints(tagsText)
  const start = lead(language, random.below(Math.min(room, 80)), random)
  const tail = extras(language, random)
  const short = `${start}${tagsText}`.trimEnd()
  const whole = `${short}${tail}`
  return { text: codePoints(whole) > textMax ? short : whole, fullText: null }
}

/** A text that is cut in the middle of a tag, so that the shorter tag is left of the longer one. */
function cutInTag(shorter: string, longer: string, options: TextOptions, random: Random): TweetText {
  const kept = random.between(shorter.length, longer.length - 2)
  const words = firstCodePoints(wordsIn(options.language, 3 * cutAt, random), cutAt - kept - 1)
  const others = options.tagsOnlyInFull.filter((tag) => tag !== longer)
  return long(`${words.replace(/\s$/u, '.')} ${longer}`, { ...options, tagsOnlyInFull: others }, random)
}

/** Adds words, then the tags that only the whole text has, and cuts. `start` must have its tags before the cut. */
function long(start: string, { language, tagsOnlyInFull }: TextOptions, random: Random): TweetText {
  let whole = start
  while (codePoints(whole) <= cutAt) whole += ` ${wordsIn(language, cutAt + 10 - codePoints(whole), random)}`
  const end = writeTags(tagsOnlyInFull, random)
  const room = fullTextMax - codePoints(whole) - codePoints(end) - 2
  if (room > 0) whole += ` ${firstCodePoints(wordsIn(language, random.below(room + 1), random), room)}`
  if (end !== '') whole += ` ${end}`
  return { text: `${firstCodePoints(whole, cutAt)}… ${shortLink(random)}`, fullText: whole }
}

/** Words before the tags, at most so many code points, with a gap after them. */
function lead(language: string, codePointsMax: number, random: Random): string {
  if (codePointsMax < 4) return ''
  const mention = random.chance(0.2) && codePointsMax > 30 ? `@${mentionName(random)} ` : ''
  const words = firstCodePoints(mention + wordsIn(language, codePointsMax / 2, random), codePointsMax - 1)
  return `${words} `
}

function extras(language: string, random: Random): string {
  let text = ''
  if (random.chance(0.6)) text += ` ${wordsIn(language, random.below(40), random)}`
  if (random.chance(0.12)) text += ` ${random.pick(decoys)}`
  if (random.chance(0.25)) text += ` ${random.pick(emoji)}`.repeat(random.between(1, 3))
  if (random.chance(0.002)) text += '\u0000'
  if (random.chance(0.06)) text += '\n'
  if (random.chance(0.3)) text += ` ${shortLink(random)}`
  return text
}

function writeTags(tags: readonly string[], random: Random): string {
  const isBare = tags.length >= bareFrom
  return tags.map((tag) => inSomeCase(isBare ? tag : tag + endingOf(tag, random), random)).join(' ')
}

function endingOf(tag: string, random: Random): string {
  const list = endings[tag]
  return list !== undefined && random.chance(0.25) ? random.pick(list) : ''
}

/** As it is, in upper case, or with a capital; now and then with the Kelvin sign, whose lower case is the letter k. */
function inSomeCase(tag: string, random: Random): string {
  const choice = random.unit()
  if (choice < 0.45) return tag
  if (choice < 0.6) return tag.toUpperCase()
  if (choice < 0.65) return tag.replace('k', '\u212a')
  return tag.slice(0, 2).toUpperCase() + tag.slice(2)
}

export function mentionName(random: Random): string {
  return `${random.pick(['maria', 'jo', 'kim', 'the_real', 'news', 'alex', 'sam', 'luz'])}_${random.hex(random.between(2, 6))}`
}

const linkLetters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** A short link, 23 characters. */
export function shortLink(random: Random): string {
  let text = 'https://t.co/'
  for (let at = 0; at < 10; at++) text += linkLetters[random.below(linkLetters.length)]
  return text
}

/** Length in code points: what the platform counts and cuts by. */
export function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function firstCodePoints(text: string, count: number): string {
  if (text.length <= count) return text
  let end = 0
  let left = count
  for (const character of text) {
    if (left-- === 0) break
    end += character.length
  }
  return text.slice(0, end)
}
