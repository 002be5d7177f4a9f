/**
 * `npm run breaks [-- NAME…]`: breaks the promises of the design on purpose, one place of the sources at a time, in a copy of the
 * project, and sees whether the tests say so that are to. A break that no test notices is a test that is missing. docs/reliability.md has the table.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brokenPromises } from './breaks/all.ts'
import type { Break, Noticing } from './breaks/break.ts'
import { isAmong, runTests } from './breaks/run-tests.ts'
import { ScratchTree } from './breaks/scratch-tree.ts'
import { withSection } from './mutants/tally.ts'
import { runTool } from './run-program.ts'

/** What came of one break. */
interface Tried {
  readonly promise: number
  readonly one: Break
  /** The first test that failed; null where none did. */
  readonly noticed: string | null
}

export async function main(args: readonly string[]): Promise<number> {
  const chosen = brokenPromises.flatMap(({ number, breaks }) =>
    breaks
      .filter(({ name }) => args.length === 0 || args.includes(name) || args.includes(String(number)))
      .map((one) => ({ promise: number, one })),
  )
  const names = brokenPromises.flatMap(({ breaks }) => breaks.map(({ name }) => name))
  const unknown = args.find(
    (arg) => !names.includes(arg) && !chosen.some(({ promise }) => String(promise) === arg),
  )
  if (unknown !== undefined) {
    console.error(
      `There is no break "${unknown}". Name a promise by its number, or any of: ${names.join(', ')}.`,
    )
    return 2
  }
  if ((await runTool('build', [], { output: 'shown' })).exitCode !== 0) return 1
  const tree = await ScratchTree.make()
  process.once('exit', () => tree.remove())
  try {
    const unbroken = await testUnbroken(tree, chosen)
    if (!unbroken) return 1
    const tried: Tried[] = []
    for (const { promise, one } of chosen) tried.push(await tryBreak(tree, promise, one))
    record(tried)
    const missed = tried.filter(({ noticed }) => noticed === null)
    console.log(`${tried.length - missed.length} of ${tried.length} breaks were noticed.`)
    for (const { one } of missed) console.error(`Nobody noticed "${one.name}": ${one.what}.`)
    return missed.length === 0 ? 0 : 1
  } finally {
    tree.remove()
  }
}

/** A test that fails of itself, or that is not there any more, tells nothing. */
async function testUnbroken(tree: ScratchTree, chosen: readonly { readonly one: Break }[]): Promise<boolean> {
  const tests = chosen.flatMap(({ one }) => one.noticedBy)
  const files = [...new Set(tests.map(({ file }) => file))]
  let isGood = true
  for (const file of files) {
    const own = tests.filter((test) => test.file === file)
    const { passed, failed } = await runTests(tree, own, false)
    for (const { name } of failed.filter((test) => isAmong(test, own)))
      console.error(`Nothing is broken, and this fails: ${file} > ${name}`)
    const absent = own.filter((test) => !passed.some((one) => isAmong(one, [test])))
    for (const { name } of absent) console.error(`No test of this name passes: ${file} > ${name}`)
    isGood &&= failed.length === 0 && absent.length === 0
  }
  return isGood
}

async function tryBreak(tree: ScratchTree, promise: number, one: Break): Promise<Tried> {
  const startMs = performance.now()
  const { failed, isHung } = await tree.with(one, () => runTests(tree, one.noticedBy, true))
  const first = failed.find((test) => isAmong(test, one.noticedBy)) ?? failed[0]
  const noticed = isHung ? 'a test that ran on and on' : first === undefined ? null : sayTest(first)
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0)
  console.log(`${promise} ${one.name}: ${noticed ?? 'NOT NOTICED'} (${seconds} s)`)
  return { promise, one, noticed }
}

function sayTest({ file, name }: Noticing): string {
  return `${file} > ${name}`
}

/** Notes what came of each promise of which every break was tried, in place of what was noted of it before. */
function record(tried: readonly Tried[]): void {
  const file = join('bench', 'runs', `${new Date().toISOString().slice(0, 10)}-breaks.txt`)
  for (const { number, promise, breaks } of brokenPromises) {
    const own = tried.filter((one) => one.promise === number)
    if (own.length < breaks.length) continue
    const lines = own.map(
      ({ one, noticed }) => `${one.name} (${one.file}): ${one.what}\n    ${noticed ?? 'NOT NOTICED'}`,
    )
    const recorded = existsSync(file) ? readFileSync(file, 'utf8') : ''
    const section = `${promise}, node ${process.version}\n\n${lines.join('\n')}`
    writeFileSync(file, withSection(recorded, `promise ${number}`, section))
    console.log(`Promise ${number} is recorded in ${file}.`)
  }
}
