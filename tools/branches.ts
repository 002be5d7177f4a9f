/**
 * `npm run branches [-- [--more] VITEST ARGUMENTS…]` runs tests, and lists the branches of `src/run`, `src/flow` and `src/executor` that nothing ran: no test in its own process, and no program
 * that a test started. It marks each branch in a copy of the project, builds that, and runs the tests there. The list is a map of what is never run, not a goal:
 * docs/decisions/0025-branches-that-no-test-runs.md says what became of it. With `--more`, what was run at the call before counts as well, where the file is the same.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { markBranches } from './branches/mark-branches.ts'
import { preludeOf } from './branches/note-branch.ts'
import { digestOf, type FileBranches, keptFrom, marksFrom, parseKept, reportOf } from './branches/tally.ts'
import { ScratchTree } from './breaks/scratch-tree.ts'
import { listFiles } from './list-files.ts'
import { isTest } from './rooms/source-file.ts'
import { runTool } from './run-program.ts'

const rooms = ['src/flow', 'src/executor', 'src/run']
const folder = 'coverage'
const keptFile = join(folder, 'branches.json')
const reportFile = join(folder, 'branches.txt')

export async function main(args: readonly string[]): Promise<number> {
  const isMore = args.includes('--more')
  if ((await runTool('build', [], { output: 'shown' })).exitCode !== 0) return 1
  const tree = await ScratchTree.make()
  const place = mkdtempSync(join(tmpdir(), 'tallyman-branches-'))
  const remove = () => {
    tree.remove()
    rmSync(place, { recursive: true, force: true })
  }
  process.once('exit', remove)
  try {
    const marksFile = join(place, 'marks')
    const files = markSources(tree.folder, marksFile)
    const kept = isMore && existsSync(keptFile) ? parseKept(readFileSync(keptFile, 'utf8')) : {}
    writeFileSync(marksFile, marksFrom(files, kept))
    // Some tests start programs as another user.
    chmodSync(place, 0o755)
    chmodSync(marksFile, 0o666)
    const { exitCode, output } = await tree.build()
    if (exitCode !== 0) {
      console.error(`Marked sources do not build:\n${output}`)
      return 1
    }
    const chosen = args.filter((arg) => arg !== '--more')
    const tests = await tree.run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...chosen], {
      output: 'shown',
    })
    const marks = new Uint8Array(readFileSync(marksFile))
    mkdirSync(folder, { recursive: true })
    writeFileSync(keptFile, JSON.stringify(keptFrom(files, marks)))
    const report = reportOf(files, marks)
    writeFileSync(reportFile, report)
    console.log(`\n${report}\nThe list is in ${reportFile}.`)
    if (tests.exitCode !== 0) console.error('Tests have failed: what they would have run may be in the list.')
    return tests.exitCode
  } finally {
    remove()
  }
}

/** Marks the branches of the rooms' sources in a copy of the project. */
function markSources(root: string, marksFile: string): FileBranches[] {
  const prelude = preludeOf(marksFile)
  let first = 0
  return rooms
    .flatMap((room) => listFiles(root, room))
    .filter((path) => path.endsWith('.ts') && !isTest(path))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      const syntax = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
      const marked = markBranches({ path, syntax }, first, prelude)
      writeFileSync(join(root, path), marked.text)
      const file = { path, digest: digestOf(text), first, branches: marked.branches }
      first += marked.branches.length
      return file
    })
}
