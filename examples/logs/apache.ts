/** Lines of Apache's logs. Formats: https://httpd.apache.org/docs/2.4/logs.html */

/** A line of an access log, in Common or Combined Log Format. */
export interface AccessLine {
  /** Address or name. */
  readonly client: string
  /** YYYY-MM-DDTHH, in the time zone the server wrote. */
  readonly hour: string
  /** As requested, with its query; the whole request line where it is not HTTP. */
  readonly path: string
  readonly status: number
  /** Bytes of the answer's body; 0 where the log has `-`. */
  readonly bytes: number
}

/** A line of an error log. */
export interface ErrorLine {
  /** YYYY-MM-DDTHH, in the server's time zone. */
  readonly hour: string
  /** For example `notice`, `error`. */
  readonly level: string
}

// %h %l %u %t "%r" %>s %b, and whatever follows: the combined format adds referrer and user agent.
const access =
  /^(?<client>\S+) \S+ .*?\[(?<day>\d\d)\/(?<month>\w{3})\/(?<year>\d{4}):(?<hour>\d\d):\d\d:\d\d [+-]\d{4}\] "(?<request>(?:[^"\\]|\\.)*)" (?<status>\d{3}) (?<bytes>\d+|-)(?: |$)/

// [Sun Dec 04 04:47:44 2005] [error] …; newer servers add microseconds, and the module before the level.
const error =
  /^\[\w{3} (?<month>\w{3}) +(?<day>\d{1,2}) (?<hour>\d\d):\d\d:\d\d(?:\.\d+)? (?<year>\d{4})\] \[(?:[\w-]*:)?(?<level>\w+)\]/

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Reads a line of an access log; null for what is none. */
export function readAccessLine(line: string): AccessLine | null {
  const fields = access.exec(line)?.groups
  const hour = hourOf(fields)
  if (fields === undefined || hour === null) return null
  const { client = '', request = '', status, bytes } = fields
  const path = /^[A-Z]+ (\S+) HTTP\/[\d.]+$/.exec(request)?.[1] ?? request
  return { client, hour, path, status: Number(status), bytes: bytes === '-' ? 0 : Number(bytes) }
}

/** Reads a line of an error log; null for what is none. */
export function readErrorLine(line: string): ErrorLine | null {
  const fields = error.exec(line)?.groups
  const hour = hourOf(fields)
  return fields === undefined || hour === null ? null : { hour, level: fields.level ?? '' }
}

function hourOf(fields: Readonly<Record<string, string>> | undefined): string | null {
  const month = months.indexOf(fields?.month ?? '') + 1
  if (fields === undefined || month === 0) return null
  const { year = '', day = '', hour = '' } = fields
  return `${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}T${hour}`
}
