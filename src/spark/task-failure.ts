import { inflateSync } from 'node:zlib'
import type { TaskFailure } from './messages.ts'

/**
 * What `TaskError` of tallyman_tasks.py put into the text of what it raised; null for what something else raised. It is behind the failure's own words,
 * which may be a job's, and look like it.
 */
export function failureIn(text: string): TaskFailure | null {
  for (const [, packed = ''] of [...text.matchAll(/\[tallyman-failure ([A-Za-z0-9+/=]+)\]/g)].reverse()) {
    const failure = unpacked(packed)
    if (failure !== null) return failure
  }
  return null
}

function unpacked(packed: string): TaskFailure | null {
  try {
    return JSON.parse(inflateSync(Buffer.from(packed, 'base64')).toString('utf8')) as TaskFailure
  } catch {
    return null
  }
}

/** An error as Python or Java says it, with something to say. */
const errorLine = /^(?:Caused by: )?[\w.$]+(?:Error|Exception|Interrupt)\b: \S/
const javaLine = /^(?:Caused by: )?(?:org|java|scala|py4j)\./
/** Says that there is an error, and not which. */
const wrapping = /Py4JJavaError: |Exception thrown in awaitResult: ?$/

/**
 * The line that says what is wrong in a text with tracebacks: of those of Python the last, since the ones before are its causes; otherwise the
 * first of Java's, and where there is no error the last line. At most 300 characters.
 */
export function tellingLine(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^(?:: |Exception in thread "\w+" )/, '').trim())
    .filter((line) => line !== '')
  const errors = lines.filter((line) => errorLine.test(line) && !wrapping.test(line))
  const telling = errors.findLast((line) => !javaLine.test(line)) ?? errors[0] ?? lines.at(-1) ?? ''
  return telling.slice(0, 300)
}
