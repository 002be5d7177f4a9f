// @ts-check
/**
 * `node tools/compile-ahead.mjs` does a small run in this process, as the command line would, and writes down what V8 has compiled for it
 * meanwhile: `dist/cli/main.cache`, which `src/cli/compiled.ts` hands to V8 whenever tallyman is started.
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const { cacheBytes, cacheOf, compile, exportsOf } = createRequire(import.meta.url)('../dist/cli/compiled.cjs')

const main = resolve('dist', 'cli', 'main.cjs')
const cache = cacheOf(main)
const scratch = mkdtempSync(join(tmpdir(), 'tallyman-ahead-'))
writeFileSync(
  join(scratch, 'words.job.mjs'),
  `import { count, defineJob, text } from 'tallyman'
export default defineJob({ input: text(), reduce: count(), map: (line, emit) => emit(line) })
`,
)
writeFileSync(join(scratch, 'words.txt'), 'to be\nor not\nto be\n')
process.chdir(scratch)
process.env.TALLYMAN_HOME = join(scratch, 'home')
process.argv = [
  process.execPath,
  'tallyman',
  'run',
  'words.job.mjs',
  'words.txt',
  '-o',
  'out',
  '-w',
  '1',
  '--quiet',
]
const script = compile(main)
process.once('exit', (code) => {
  if (code === 0) {
    // Named once it is whole: what is cut off would be refused by V8 each time, and what it refuses it says nothing of.
    writeFileSync(`${cache}.part`, cacheBytes(script, main))
    renameSync(`${cache}.part`, cache)
  }
  rmSync(scratch, { recursive: true, force: true })
})
await exportsOf(script, main).start()
