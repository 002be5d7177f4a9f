/** Transcripts of sessions, as they stand in documents. */

/** One command and what it prints. */
export interface Step {
  /** Of its first line in the document, from 1. */
  readonly line: number
  readonly typed: string
  readonly printed: readonly string[]
}

const opens = /^```console$/
const closes = /^```$/

/** All steps of a document's `console` blocks, in order. */
export function parseTranscript(text: string): Step[] {
  const steps: { line: number; typed: string; printed: string[] }[] = []
  let isInside = false
  for (const [index, line] of text.split('\n').entries()) {
    if (!isInside) {
      isInside = opens.test(line)
      continue
    }
    const last = steps.at(-1)
    if (closes.test(line)) isInside = false
    else if (line.startsWith('$ ')) steps.push({ line: index + 1, typed: line.slice(2), printed: [] })
    else if (last !== undefined && last.printed.length === 0 && /^> ?/.test(line))
      last.typed += `\n${line.replace(/^> ?/, '')}`
    else last?.printed.push(line)
  }
  return steps
}

/** The document with what was printed in the place of what stood there, step by step. */
export function withPrinted(text: string, printed: readonly string[]): string {
  const lines: string[] = []
  let [isInside, isTyping, step] = [false, false, -1]
  const say = (): void => {
    if (isTyping) lines.push(...linesOf(printed[step] ?? ''))
    isTyping = false
  }
  for (const line of text.split('\n')) {
    if (!isInside) {
      isInside = opens.test(line)
      lines.push(line)
    } else if (closes.test(line)) {
      say()
      isInside = false
      lines.push(line)
    } else if (line.startsWith('$ ')) {
      say()
      step += 1
      isTyping = true
      lines.push(line)
    } else if (isTyping && line.startsWith('>')) lines.push(line)
    else say()
  }
  return lines.join('\n')
}

/** Where what is printed is something else than what stands there. */
export function differencesOf(
  steps: readonly Step[],
  printed: readonly string[],
): { readonly line: number; readonly message: string }[] {
  return steps.flatMap(({ line, typed, printed: expected }, index) => {
    const [said, found] = [expected, linesOf(printed[index] ?? '')].map(comparable)
    if (said?.join('\n') === found?.join('\n')) return []
    const message = `\`${typed.split('\n')[0]}\` prints\n${indented(linesOf(printed[index] ?? ''))}\nand not\n${indented(expected)}`
    return [{ line, message }]
  })
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join('\n')
}

function linesOf(printed: string): string[] {
  const lines = printed.split('\n').map((line) => line.trimEnd())
  while (lines.at(-1) === '') lines.pop()
  return lines
}

/** Said, or not, by how fast and how busy the machine is, and how many cores it has. */
const passing =
  /^ {2}(bound (by|neither)|one thread alone|note: \d+ workers for \d+ core)|^(A worker (is paused|goes on)|Waits? )/

/** What is another one each time, and what stands for it. */
const changing: readonly (readonly [RegExp, string])[] = [
  // The second run of a job in one second has a number behind its name.
  [/\b\d{8}-\d{6}\b((?:-[A-Za-z_]\w*)*)(?:-\d+)?/g, 'DAY-TIME$1'],
  [/\b\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?Z?)?/g, 'DAY TIME'],
  [/\b[\d.,]+ (B|kB|MB|GB|KiB|MiB|GiB)\/s/g, 'RATE'],
  [/\b[\d.,]+ (ms|s|min|h)\b( ago)?/g, 'TIME'],
  [/\b[\d.,]+ (kB|MB|GB|KiB|MiB|GiB)\b/g, 'SIZE'],
  // Of what was over at once no rate is said.
  [/ in TIME(, RATE)?/g, ' in TIME'],
  [/\b\d+ worker process(es)?\b/g, 'N worker processes'],
  [/\b(at most|in) [\d,]+ (processes|files)\b/g, '$1 N $2'],
  // Not every file system bounds them.
  [/ in N files, so that/g, ', so that'],
  [/\(TIME\)|\([\d.]+ms\)|duration_ms [\d.]+/g, '(TIME)'],
  [/ +/g, ' '],
]

function comparable(lines: readonly string[]): string[] {
  return lines
    .filter((line) => !passing.test(line))
    .map((line) => changing.reduce((text, [pattern, stands]) => text.replace(pattern, stands), line))
}
