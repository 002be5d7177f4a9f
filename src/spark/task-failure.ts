import { inflateSync } from 'node:zlib'
import type { TaskFailure } from './messages.ts'

/** What `TaskError` of tallyman_tasks.py put into the text of what it raised; null for what something else raised. */
export function failureIn(text: string): TaskFailure | null {
  const packed = /\[tallyman-failure ([A-Za-z0-9+/=]+)\]/.exec(text)?.[1]
  if (packed === undefined) return null
  return JSON.parse(inflateSync(Buffer.from(packed, 'base64')).toString('utf8')) as TaskFailure
}

/** The line of a Python traceback that says what is wrong: the last that is no frame, or what caused the one in Java. */
export function tellingLine(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const telling = lines.find(
    (line) =>
      /^([\w.]+(Error|Exception|Interrupt)\b|Caused by:)/.test(line) &&
      !/Py4JJavaError|PythonException/.test(line),
  )
  return (telling ?? lines.at(-1) ?? '').slice(0, 300)
}
