/** Times as the stream writes them, and the ids that are made of them. */

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** For example `Thu Mar 19 07:00:12 +0000 2020`. */
export function createdAt(ms: number): string {
  const date = new Date(ms)
  const clock = date.toISOString().slice(11, 19)
  const day = String(date.getUTCDate()).padStart(2, '0')
  return `${weekdays[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${day} ${clock} +0000 ${date.getUTCFullYear()}`
}

/** When the platform's ids begin: 2010-11-04, in milliseconds. */
const snowflakeEpochMs = 1_288_834_974_657n

/** An id as the platform makes them (snowflake): milliseconds, then 22 bits of machine and sequence. Above 2^53. */
export function idOf(ms: number, low22: number): string {
  return (((BigInt(ms) - snowflakeEpochMs) << 22n) | BigInt(low22 & 0x3fffff)).toString()
}
