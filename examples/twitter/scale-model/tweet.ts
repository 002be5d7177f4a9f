/** One tweet as the stream writes it: v1.1, one line, fields in the stream's order. */
import { entitiesOf, noEntities } from './entities.ts'
import { jsonText } from './json-text.ts'
import { type Place, placeIn } from './place.ts'
import type { TweetPlan } from './plan.ts'
import type { Random } from './random.ts'
import { codePoints, type TweetText, writeText } from './text.ts'
import { createdAt, idOf } from './time.ts'
import { userOf } from './user.ts'

export interface TweetWriter {
  readonly random: Random
  readonly seed: number
  /** How many users the model has. */
  readonly users: number
}

const sources = [
  ['http://twitter.com/download/iphone', 'Twitter for iPhone'],
  ['http://twitter.com/download/android', 'Twitter for Android'],
  ['http://instagram.com', 'Instagram'],
  ['https://mobile.twitter.com', 'Twitter Web App'],
  ['http://foursquare.com', 'Foursquare'],
].map(([url, name]) => jsonText(`<a href="${url}" rel="nofollow">${name}</a>`))

/** Shares of tweets that quote another, and that are one: geotagged tweets are seldom of the second kind. */
const quotingShare = 0.295
const retweetShare = 0.015

const hourMs = 3_600_000

/** Writes a tweet that was sent at `ms`. Returns one line of JSON without its end, all ASCII. */
export function writeTweet(plan: TweetPlan, ms: number, writer: TweetWriter): string {
  const { random } = writer
  const place = plan.country === null ? null : placeIn(plan.country, random)
  const text = writeText(plan, random)
  const other = random.unit()
  let inner = ''
  if (other < quotingShare) inner = quotedStatus(plan, ms, writer)
  else if (other < quotingShare + retweetShare)
    inner = `"retweeted_status":${status(plan, ms - hourMs, writer)},`
  return (
    `{${head(plan.language, text, ms, writer)},${placeFields(place, random)},"contributors":null,${inner}` +
    `"is_quote_status":${other < quotingShare},${tail(text, random)},"lang":"${plan.language}","timestamp_ms":"${ms}"}`
  )
}

/** Another tweet inside a tweet. What it says of tags, language and country is none of the outer tweet's. */
function status(outer: TweetPlan, ms: number, writer: TweetWriter): string {
  const { random } = writer
  const language = random.chance(0.8) ? outer.language : 'en'
  const tags = random.chance(0.05) ? ['#coronavirus'] : random.chance(0.05) ? ['#covid19'] : []
  const text = writeText({ language, tags, tagsOnlyInFull: [] }, random)
  const place = random.chance(0.1) ? placeIn('US', random) : null
  return (
    `{${head(language, text, ms, writer)},${placeFields(place, random)},"contributors":null,` +
    `"is_quote_status":false,${tail(text, random)},"lang":"${language}"}`
  )
}

function quotedStatus(plan: TweetPlan, ms: number, writer: TweetWriter): string {
  const quotedMs = ms - hourMs * writer.random.between(1, 40)
  const id = idOf(quotedMs, writer.random.uint32())
  const json = status(plan, quotedMs, writer)
  const link = `https:\\/\\/twitter.com\\/i\\/web\\/status\\/${id}`
  return (
    `"quoted_status_id":${id},"quoted_status_id_str":"${id}","quoted_status":${json},` +
    `"quoted_status_permalink":{"url":"https:\\/\\/t.co\\/${writer.random.hex(10)}","expanded":"${link}",` +
    `"display":"twitter.com\\/i\\/web\\/st\\u2026"},`
  )
}

/** From `created_at` to `user`. */
function head(
  language: string,
  { text, fullText }: TweetText,
  ms: number,
  { random, seed, users }: TweetWriter,
): string {
  const id = idOf(ms, random.uint32())
  const reply = random.chance(0.2) ? replyTo(ms, random) : noReply
  // Few users write much.
  const user = userOf(seed, Math.floor(random.unit() * random.unit() * users), language)
  const range = fullText === null && random.chance(0.4) ? `"display_text_range":[0,${codePoints(text)}],` : ''
  return (
    `"created_at":"${createdAt(ms)}","id":${id},"id_str":"${id}","text":${jsonText(text)},${range}` +
    `"source":${random.pick(sources)},"truncated":${fullText !== null},${reply},"user":${user.json}`
  )
}

const noReply =
  '"in_reply_to_status_id":null,"in_reply_to_status_id_str":null,"in_reply_to_user_id":null,"in_reply_to_user_id_str":null,"in_reply_to_screen_name":null'

function replyTo(ms: number, random: Random): string {
  const status = idOf(ms - random.below(hourMs), random.uint32())
  const user = random.uint32()
  return (
    `"in_reply_to_status_id":${status},"in_reply_to_status_id_str":"${status}",` +
    `"in_reply_to_user_id":${user},"in_reply_to_user_id_str":"${user}","in_reply_to_screen_name":"user_${random.hex(6)}"`
  )
}

/** A place that is not known is null; now and then the field is not there at all. */
function placeFields(place: Place | null, random: Random): string {
  if (place === null)
    return random.chance(0.1) ? '"geo":null,"coordinates":null' : '"geo":null,"coordinates":null,"place":null'
  if (!random.chance(0.08)) return `"geo":null,"coordinates":null,"place":${place.json}`
  const [longitude, latitude] = [place.longitude.toFixed(8), place.latitude.toFixed(8)]
  return (
    `"geo":{"type":"Point","coordinates":[${latitude},${longitude}]},` +
    `"coordinates":{"type":"Point","coordinates":[${longitude},${latitude}]},"place":${place.json}`
  )
}

/** From `extended_tweet` to `filter_level`. */
function tail({ text, fullText }: TweetText, random: Random): string {
  const extended =
    fullText === null
      ? ''
      : `"extended_tweet":{"full_text":${jsonText(fullText)},"display_text_range":[0,${codePoints(fullText)}],` +
        `"entities":${entitiesOf(fullText, random)}},`
  const sensitive = text.includes('https://') ? '"possibly_sensitive":false,' : ''
  return (
    `${extended}"quote_count":0,"reply_count":0,"retweet_count":0,"favorite_count":0,` +
    `"entities":${fullText === null ? entitiesOf(text, random) : noEntities},"favorited":false,"retweeted":false,` +
    `${sensitive}"filter_level":"low"`
  )
}
