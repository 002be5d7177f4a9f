/** A day's archive: 24 members of JSON lines, and what a defect does to them. */
import type { DefectName } from './defects.ts'
import type { DayPlan, TweetPlan } from './plan.ts'
import { Random } from './random.ts'
import { idOf } from './time.ts'
import { type TweetWriter, writeTweet } from './tweet.ts'
import { spoilChecksum, writeZip, type ZipEntry } from './zip.ts'

export interface ArchiveOptions {
  readonly seed: number
  readonly users: number
  readonly defects: readonly DefectName[]
  /** Called for every tweet that stands whole in a member that can be read. */
  onTweet(plan: TweetPlan): void
}

export interface Archive {
  /** Null for a day that is missing. */
  readonly bytes: Buffer | null
  /** Bytes of its members, uncompressed. */
  readonly jsonBytes: number
  readonly tweets: number
  /** Records without a text: delete and limit notices. */
  readonly notTweets: number
}

/** One line of a member; a tweet's has its plan. */
interface Line {
  text: string
  plan: TweetPlan | null
  readonly kind: 'tweet' | 'notice' | 'keep-alive' | 'damage'
}

interface Member {
  readonly name: string
  readonly lines: Line[]
  /** How the last line ends. */
  end: string
}

const hourMs = 3_600_000
const lineEnd = '\r\n'

/** For example `geoTwitter20-03-19`. */
export function archiveName(day: string): string {
  return `geoTwitter${day.slice(2)}`
}

/** Writes the archive of a day. Holds all of it in memory. */
export function writeArchive(day: DayPlan, options: ArchiveOptions): Archive {
  const has = (defect: DefectName): boolean => options.defects.includes(defect)
  if (has('missing-day')) return { bytes: null, jsonBytes: 0, tweets: 0, notTweets: 0 }
  const name = archiveName(day.day)
  if (has('empty-archive')) {
    const bytes = writeZip([{ name: `${name}/`, bytes: Buffer.alloc(0) }], day.day)
    return { bytes, jsonBytes: 0, tweets: 0, notTweets: 0 }
  }
  const random = new Random(options.seed, 'tweets', day.day)
  const members = writeMembers(day, name, { random, seed: options.seed, users: options.users })
  if (has('half-day')) members.length = 12
  damageLines(members, has)
  const entries = members.map(entryOf)
  const readable = has('truncated-zip') ? [] : members.slice(has('bad-crc') ? 1 : 0)
  const lines = readable.flatMap((member) => member.lines)
  for (const { plan } of lines) if (plan !== null) options.onTweet(plan)
  const bytes = writeZip(entries, day.day)
  if (has('bad-crc')) spoilChecksum(bytes)
  return {
    bytes: has('truncated-zip') ? bytes.subarray(0, Math.floor(bytes.length * 0.6)) : bytes,
    jsonBytes: entries.reduce((sum, entry) => sum + entry.bytes.length, 0),
    tweets: lines.filter(({ plan }) => plan !== null).length,
    notTweets: lines.filter(({ kind }) => kind === 'notice').length,
  }
}

function writeMembers(day: DayPlan, name: string, writer: TweetWriter): Member[] {
  const midnightMs = Date.parse(`${day.day}T00:00:00Z`)
  return day.hours.map((tweets, hour) => ({
    name: `${name}/${name}_${String(hour).padStart(2, '0')}:00`,
    lines: writeHour(tweets, midnightMs + hour * hourMs, writer),
    end: lineEnd,
  }))
}

function writeHour(tweets: readonly TweetPlan[], startMs: number, writer: TweetWriter): Line[] {
  const { random } = writer
  const lines: Line[] = []
  const timesMs = tweets.map(() => startMs + random.below(hourMs)).sort((left, right) => left - right)
  for (const [at, plan] of tweets.entries()) {
    const ms = timesMs[at] ?? startMs
    if (random.chance(1 / 40)) lines.push({ text: deleteNotice(ms, random), plan: null, kind: 'notice' })
    if (random.chance(1 / 1000)) lines.push({ text: limitNotice(ms, random), plan: null, kind: 'notice' })
    if (random.chance(1 / 60)) lines.push({ text: '', plan: null, kind: 'keep-alive' })
    lines.push({ text: writeTweet(plan, ms, writer), plan, kind: 'tweet' })
  }
  // The stream sends an empty line every half minute in which it has nothing to say.
  if (tweets.length === 0) lines.push({ text: '', plan: null, kind: 'keep-alive' })
  return lines
}

function deleteNotice(ms: number, random: Random): string {
  const id = idOf(ms - random.below(30 * 24 * hourMs), random.uint32())
  const user = random.uint32()
  const status = `{"id":${id},"id_str":"${id}","user_id":${user},"user_id_str":"${user}"}`
  return `{"delete":{"status":${status},"timestamp_ms":"${ms}"}}`
}

function limitNotice(ms: number, random: Random): string {
  return `{"limit":{"track":${random.below(5000)},"timestamp_ms":"${ms}"}}`
}

/** Strikes the member with the most tweets: in a small model others may have none. */
function damageLines(members: readonly Member[], has: (defect: DefectName) => boolean): void {
  const tweetsIn = ({ lines }: Member): number => lines.filter(({ kind }) => kind === 'tweet').length
  const fullest = members.reduce((left, right) => (tweetsIn(right) > tweetsIn(left) ? right : left))
  const first = fullest.lines.findIndex(({ kind }) => kind === 'tweet')
  const tweet = fullest.lines[first]
  if (tweet === undefined) return
  if (has('bad-utf8')) {
    // Lines become bytes one unit a byte, so this é is the byte E9, as in Latin-1.
    const text = tweet.text.replace('"text":"', '"text":"caf\u00e9 ')
    fullest.lines.splice(first, 0, { text, plan: null, kind: 'damage' })
  }
  if (has('bad-line')) {
    fullest.lines.splice(first, 0, { text: 'Exceeded connection limit for user', plan: null, kind: 'damage' })
  }
  if (has('half-line')) {
    const last = fullest.lines.findLast(({ kind }) => kind === 'tweet') ?? tweet
    fullest.lines.length = fullest.lines.indexOf(last) + 1
    last.text = last.text.slice(0, Math.floor(last.text.length * 0.6))
    last.plan = null
    fullest.end = ''
  }
}

function entryOf({ name, lines, end }: Member): ZipEntry {
  return { name, bytes: Buffer.from(lines.map(({ text }) => text).join(lineEnd) + end, 'latin1') }
}
