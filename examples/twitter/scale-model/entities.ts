/** The entities of a text, as JSON: its hashtags, links and mentions, with their places in code points. */
import { jsonText } from './json-text.ts'
import type { Random } from './random.ts'
import { codePoints } from './text.ts'

export const noEntities = '{"hashtags":[],"urls":[],"user_mentions":[],"symbols":[]}'

const entity = /(?:[#＃](?<hashtag>[\p{L}\p{N}_]+))|(?<link>https:\/\/t\.co\/\w+)|(?:@(?<mention>\w+))/gu

export function entitiesOf(text: string, random: Random): string {
  if (!/[#＃@]|https:/.test(text)) return noEntities
  const hashtags: string[] = []
  const urls: string[] = []
  const mentions: string[] = []
  for (const { 0: whole, index, groups = {} } of text.matchAll(entity)) {
    const start = codePoints(text.slice(0, index))
    const indices = `"indices":[${start},${start + codePoints(whole)}]`
    const { hashtag, link, mention } = groups
    if (hashtag !== undefined) hashtags.push(`{"text":${jsonText(hashtag)},${indices}}`)
    if (link !== undefined) {
      const path = `example.org\\/${random.hex(12)}`
      urls.push(
        `{"url":${jsonText(link)},"expanded_url":"https:\\/\\/${path}","display_url":"${path}",${indices}}`,
      )
    }
    if (mention !== undefined) {
      const id = random.uint32()
      mentions.push(`{"screen_name":"${mention}","name":"${mention}","id":${id},"id_str":"${id}",${indices}}`)
    }
  }
  return `{"hashtags":[${hashtags}],"urls":[${urls}],"user_mentions":[${mentions}],"symbols":[]}`
}
