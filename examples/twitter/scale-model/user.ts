/** The author of a tweet, as JSON: about 1.5 kB, the larger part of most tweets. */
import { jsonText, jsonTextOrNull } from './json-text.ts'
import { Random } from './random.ts'
import { mentionName, shortLink } from './text.ts'
import { createdAt, idOf } from './time.ts'
import { wordsIn } from './words.ts'

export interface User {
  readonly json: string
  readonly name: string
  readonly screenName: string
  /** Decimal digits. */
  readonly id: string
}

const year2009Ms = Date.UTC(2009, 0)
const yearMs = 365 * 86_400_000

const places = [
  'Lagos',
  'São Paulo',
  'she/her',
  'London, England',
  '東京',
  'Jakarta',
  'somewhere over the 🌈',
  'México',
  'دبي',
]

/** What people write about themselves. Tags in here are none of the tweet's. */
const descriptions = [
  'Opinions are my own | #coronavirus survivor',
  'nurse, mother of three 💉 #nurse #hospital',
  'RTs ≠ endorsements. News, views & "quotes" \\o/',
  '#Covid19 data, every day: https://example.org/data',
]

/** The user with this number, always the same. */
export function userOf(seed: number, number: number, language: string): User {
  const random = new Random(seed, 'user', number)
  const joinedMs = year2009Ms + Math.floor(random.unit() * 11 * yearMs)
  // Ids were counted up until 2016; since then they are made of the time, above 2^53.
  const id =
    joinedMs < year2009Ms + 7 * yearMs
      ? String(random.between(12_000, 4_000_000_000))
      : idOf(joinedMs, random.uint32())
  const name = `${wordsIn(language, random.between(3, 14), random)}${random.chance(0.2) ? ' 🦋' : ''}`
  const screenName = mentionName(random)
  return {
    id,
    name,
    screenName,
    json: `{${identity(random, id, name, screenName, language, joinedMs)},${profile(random, id)}}`,
  }
}

function identity(
  random: Random,
  id: string,
  name: string,
  screenName: string,
  language: string,
  joinedMs: number,
): string {
  const url = random.chance(0.3) ? shortLink(random) : null
  const location = random.chance(0.7) ? random.pick(places) : null
  return (
    `"id":${id},"id_str":"${id}","name":${jsonText(name)},"screen_name":"${screenName}",` +
    `"location":${jsonTextOrNull(location)},"url":${jsonTextOrNull(url)},` +
    `"description":${description(random, language)},"translator_type":"${random.chance(0.1) ? 'regular' : 'none'}",` +
    `"protected":false,"verified":${random.chance(0.02)},"followers_count":${skewed(random, 40_000)},` +
    `"friends_count":${skewed(random, 5000)},"listed_count":${skewed(random, 200)},` +
    `"favourites_count":${skewed(random, 90_000)},"statuses_count":${skewed(random, 200_000)},` +
    `"created_at":"${createdAt(joinedMs)}","utc_offset":null,"time_zone":null,"geo_enabled":true,"lang":null,` +
    `"contributors_enabled":false,"is_translator":false`
  )
}

function description(random: Random, language: string): string {
  if (random.chance(0.12)) return 'null'
  if (random.chance(0.02)) return jsonText(random.pick(descriptions))
  const text = jsonText(wordsIn(language, random.between(10, 110), random))
  // Descriptions cut in the middle of an emoji are real: half of a pair, which is no character.
  return random.chance(0.002) ? `${text.slice(0, -1)}\\ud83d"` : text
}

function profile(random: Random, id: string): string {
  const [background, link, text] = [random.hex(6), random.hex(6), random.hex(6)].map((color) =>
    color.toUpperCase(),
  )
  const image = `pbs.twimg.com\\/profile_images\\/${random.between(1, 9)}${random.uint32()}${random.uint32()}\\/${random.hex(8)}_normal.jpg`
  const banner = random.chance(0.8)
    ? `,"profile_banner_url":"https:\\/\\/pbs.twimg.com\\/profile_banners\\/${id}\\/15${random.between(10_000_000, 99_999_999)}"`
    : ''
  const theme = 'abs.twimg.com\\/images\\/themes\\/theme1\\/bg.png'
  const isDefault = random.chance(0.5)
  return (
    `"profile_background_color":"${isDefault ? 'F5F8FA' : background}",` +
    `"profile_background_image_url":"${isDefault ? '' : `http:\\/\\/${theme}`}",` +
    `"profile_background_image_url_https":"${isDefault ? '' : `https:\\/\\/${theme}`}",` +
    `"profile_background_tile":false,"profile_link_color":"${isDefault ? '1DA1F2' : link}",` +
    `"profile_sidebar_border_color":"C0DEED","profile_sidebar_fill_color":"DDEEF6",` +
    `"profile_text_color":"${isDefault ? '333333' : text}","profile_use_background_image":true,` +
    `"profile_image_url":"http:\\/\\/${image}","profile_image_url_https":"https:\\/\\/${image}"${banner},` +
    `"default_profile":${isDefault},"default_profile_image":false,"following":null,"follow_request_sent":null,` +
    `"notifications":null`
  )
}

/** Mostly small, seldom large. */
function skewed(random: Random, most: number): number {
  return Math.floor(random.unit() * random.unit() * random.unit() * most)
}
