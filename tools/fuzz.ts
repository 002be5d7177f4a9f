/**
 * `node tools/run.mjs fuzz [--seconds N] [--only NAME,…] [--first N] [--cases N] [--record FILE]` feeds damaged files to
 * everything that decodes: none may crash it, hang it, take its memory, or be read as good.
 *
 * Each target runs in a process of its own, whose heap is bounded and which is watched from here, so that also a hang and a
 * crash name their case. A case is a number; the same number is the same case on every machine.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { openTarget, runCase, type TargetName, targetNames } from '../test/fuzz/cases.ts'

/** Longer than any case takes on a busy machine. */
const hangSeconds = 60
const heapMegabytes = 256
/** Heap, Buffers and Node itself. */
const residentBytesMax = 600 * 2 ** 20

/** Said by the process of a target after each batch. */
interface Report {
  readonly next: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly peakBytes: number
}

interface Order {
  readonly target: TargetName
  readonly first: number
  readonly cases: number
  readonly seconds: number
}

const isTargetName = (name: string): name is TargetName => targetNames.some((one) => one === name)

/** Runs in the child: case after case, until time or cases are over. */
async function work({ target: name, first, cases, seconds }: Order): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `tallyman-fuzz-${name}-`))
  const target = await openTarget(name, join(folder, 'whole'))
  const until = Date.now() + seconds * 1000
  const outcomes: Record<string, number> = {}
  let saidAt = 0
  for (let number = first; number < first + cases && Date.now() < until; number++) {
    if (Date.now() - saidAt > 1000) {
      saidAt = Date.now()
      report({ next: number, outcomes, peakBytes: peakBytes() })
    }
    const outcome = await runCase(target, number, folder)
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    if (number === first + cases - 1 || Date.now() >= until)
      report({ next: number + 1, outcomes, peakBytes: peakBytes() })
  }
  // Kept where a case has failed: its file lies there.
  rmSync(folder, { recursive: true, force: true })
}

function report(said: Report): void {
  process.send?.(said)
}

/** Most memory the process ever had at once; 0 where the system does not tell. */
function peakBytes(): number {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

function faultOf(isHung: boolean, status: number | string, { next, peakBytes: peak }: Report): string | null {
  const place = `case ${next} or one of the next second`
  if (isHung) return `HANGS at ${place}`
  if (status !== 0) return `FAILS (${status}) at ${place}`
  return peak > residentBytesMax ? 'TAKES TOO MUCH MEMORY' : null
}

/** Runs one target to its end. Returns what is to be told of it. */
async function watch(order: Order): Promise<{ line: string; isGood: boolean }> {
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${heapMegabytes}`,
      join('tools', 'run.mjs'),
      'fuzz',
      '--child',
      JSON.stringify(order),
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  )
  let last: Report = { next: order.first, outcomes: {}, peakBytes: 0 }
  let isHung = false
  const timer = setTimeout(() => {
    isHung = true
    child.kill('SIGKILL')
  }, hangSeconds * 1000)
  child.on('message', (said: Report) => {
    last = said
    timer.refresh()
  })
  const status = await new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal ?? 1))
  })
  clearTimeout(timer)
  const fault = faultOf(isHung, status, last)
  const counts = Object.entries(last.outcomes).map(([outcome, count]) => `${count} ${outcome}`)
  const facts = `${last.next - order.first} cases (${counts.join(', ')}), peak ${Math.round(last.peakBytes / 2 ** 20)} MiB`
  return { line: `${order.target}: ${fault === null ? '' : `${fault}; `}${facts}`, isGood: fault === null }
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      only: { type: 'string', default: targetNames.join(',') },
      first: { type: 'string', default: '1' },
      cases: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
      record: { type: 'string' },
      child: { type: 'string' },
    },
  })
  if (values.child !== undefined) {
    await work(JSON.parse(values.child) as Order)
    return 0
  }
  const names = values.only.split(',')
  const unknown = names.find((name) => !isTargetName(name))
  if (unknown !== undefined) throw new Error(`There is no target "${unknown}": ${targetNames.join(', ')}.`)
  const say = (line: string): void => {
    console.log(line)
    if (values.record === undefined) return
    mkdirSync(dirname(values.record), { recursive: true })
    appendFileSync(values.record, `${line}\n`)
  }
  const seconds = Number(values.seconds) / names.length
  say(
    `Fuzzing ${names.length} decoders, ${values.seconds} s in all, from case ${values.first}; Node ${process.version}, ${new Date().toISOString()}`,
  )
  let isGood = true
  for (const target of names.filter(isTargetName)) {
    const told = await watch({ target, first: Number(values.first), cases: Number(values.cases), seconds })
    say(told.line)
    isGood &&= told.isGood
  }
  return isGood ? 0 : 1
}
