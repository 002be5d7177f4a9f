// @ts-check
/**
 * `node bench/commands.mjs` runs the commands of the README one after another in a fresh clone of the last commit, and records how long
 * each takes and whether it succeeds: `npm run demo` with nothing installed, `npm test`, and the rest of `npm run check`.
 */
import { spawn } from 'node:child_process'
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine } from './machine.mjs'

const projectDir = fileURLToPath(new URL('..', import.meta.url))

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: join(projectDir, 'bench', 'runs') },
    /** Where what the commands print is kept. */
    log: { type: 'string', default: join(tmpdir(), 'tallyman-commands.log') },
  },
})

const log = createWriteStream(values.log)

/**
 * @param {string} folder
 * @param {string} program
 * @param {readonly string[]} args
 */
async function run(folder, program, args) {
  const startedAt = performance.now()
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  const status = await new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)))
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10
  const command = [program, ...args].join(' ')
  console.log(`${command}: exit ${status}, ${seconds} s`)
  return { command, status, seconds }
}

const folder = mkdtempSync(join(tmpdir(), 'tallyman-clone-'))
try {
  const clone = join(folder, 'tallyman')
  await run(projectDir, 'git', ['clone', '--quiet', projectDir, clone])
  // Real data that tests read where it is there.
  const shared = join(projectDir, '..', 'shared')
  if (existsSync(shared)) symlinkSync(shared, join(folder, 'shared'))
  const commands = [
    await run(clone, 'npm', ['run', 'demo']),
    await run(clone, 'npm', ['test']),
    await run(clone, 'npm', ['run', 'check', '--', '--no-tests']),
  ]
  const at = new Date().toISOString()
  mkdirSync(values.records, { recursive: true })
  const record = join(values.records, `${at.slice(0, 10)}-commands.json`)
  writeFileSync(
    record,
    `${JSON.stringify({ benchmark: 'commands', at, machine: describeMachine(), commands }, null, 2)}\n`,
  )
  console.log(`Recorded in ${record}; what they printed is in ${values.log}`)
  process.exitCode = commands.every(({ status }) => status === 0) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
