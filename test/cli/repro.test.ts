/** One attempt again, at its record, in front of whoever asks. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  shop.write('in.txt', 'one\ntwo\nbad\nthree\n')
})
afterAll(() => shop.remove())

/**
 * Runs a job whose map does this at the third record; the run does without that record, if it has to. With `--attempts 2` it fails before
 * it is sure of that.
 */
function runWith(name: string, code: string, ...args: readonly string[]): void {
  shop.write(
    name,
    `import { existsSync } from 'node:fs'
import { count, defineJob, text } from 'tallyman'
export default defineJob({
  input: text(),
  reduce: count<string>(),
  setup() { console.log('setup') },
  map(line, emit) {
    console.log('map ' + line)
    if (line === 'bad') { ${code} }
    emit(line)
  },
})
`,
  )
  const ended = shop.run('run', name, 'in.txt', '-w', '1', '--max-bad', '1', '--no-reuse', ...args)
  expect(ended, ended.stderr).toMatchObject({ status: args.includes('--attempts') ? 1 : 0 })
}

/** Every file of the last run, with what it holds. */
function filesOfRun(): Map<string, string> {
  const run = shop.runs().at(-1) ?? ''
  const entries = readdirSync(run, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  return new Map(files.sort().map((file) => [file, readFileSync(file, 'latin1')]))
}

describe('repro', () => {
  it('does not blame the job for a reader of its output who has gone', () => {
    runWith('prints.job.ts', `for (let line = 0; line < 6000; line++) console.log('bad line ' + line)`)
    const bin = [process.execPath, 'bin/tallyman'].map((word) => resolve(word)).join(' ')
    const shell = shop.shell(`${bin} repro map-00000.1 --whole | head -n 2`)
    expect(shell.stdout).toBe('setup\nmap one\n')
    expect(shell.stderr).toContain('It went well, as it did then: 4 records mapped.')
    expect(shell.stderr).not.toMatch(/EPIPE|await|failed/)
  })

  it('has the time zone and language of the run', () => {
    const job = shop.job('when.job.ts', 'throw new Error(new Date(0).toLocaleString())')
    const env = { TZ: 'Asia/Seoul', LC_ALL: 'de_DE.UTF-8' }
    expect(shop.runIn({ env }, 'run', job, 'in.txt', '--no-reuse').status).toBe(3)
    const said = 'map threw: 1.1.1970, 09:00:00'
    expect(readFileSync(join(shop.runs().at(-1) ?? '', 'rejected.jsonl'), 'utf8')).toContain(said)
    const here = shop.run('repro', 'map-00000.1')
    expect(here.stderr).toContain(said)
    expect(here.stderr).toContain('Its time zone and language are those of its run: Asia/Seoul, de_DE.\n')
    const there = shop.runIn({ env }, 'repro', 'map-00000.1')
    expect(there.stderr).toContain(said)
    expect(there.stderr).not.toContain('time zone')
  })

  it('maps only the record that ended the worker, and with --whole those before it, and changes nothing', () => {
    runWith('exits.job.ts', 'process.exit(9)')
    const before = filesOfRun()
    const place = 'It was at the record of in.txt that begins at byte 8.'
    const again = shop.run('repro', 'map-00000.2')
    expect(again).toMatchObject({ status: 1, stdout: 'setup\nmap bad\n' })
    expect(again.stderr).toContain('Error: The worker was ended by the job itself: process.exit(9).')
    expect(again.stderr).toContain(place)
    const whole = shop.run('repro', 'map-00000.1', 'last', '--whole')
    expect(whole).toMatchObject({ status: 1, stdout: 'setup\nmap one\nmap two\nmap bad\n' })
    expect(whole.stderr).toContain(place)
    expect(filesOfRun()).toEqual(before)
    expect(shop.run('repro', 'map-00000.7')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('has no attempt "map-00000.7"'),
    })
    expect(shop.run('repro', 'reduce-00000.1')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('run the job again to look at its reduce tasks'),
    })
  })

  it("shows a record that the mapper threw at with the user's stack, of the code the run began with", () => {
    runWith('throws.job.ts', `throw new Error('no good')`)
    shop.write('throws.job.ts', 'this is no code any more')
    const again = shop.run('repro', 'map-00000.1')
    expect(again).toMatchObject({ status: 1, stdout: 'setup\nmap bad\n' })
    expect(again.stderr).toContain('Rejected: in.txt, byte 8: map threw: no good\n    bad\n')
    expect(again.stderr).toMatch(/ at .*throws\.job\.ts:9:\d+/)
    expect(again.stderr).not.toContain('map-task')
  })

  it('outlives a job that kills its process group, as the run did, at the record it was killed at', () => {
    const job = shop.job('group.job.ts', `if (line === 'bad') process.kill(0, 'SIGKILL'); emit(line)`)
    expect(shop.run('run', job, 'in.txt', '-w', '1', '--no-reuse')).toMatchObject({ status: 1 })
    const { status, stderr } = shop.run('repro', 'map-00000.3')
    expect(stderr).toContain('only the record of in.txt that begins at byte 8')
    expect(stderr).toMatch(/\nIt failed again\. It was at the record of in\.txt that begins at byte 8\.\n$/)
    expect(status).toBe(1)
  })

  it('ends with exit code 0 where it goes well this time', () => {
    runWith('once.job.ts', `if (!existsSync('mended')) process.exit(9)`)
    shop.write('mended', '')
    const again = shop.run('repro', 'map-00000.1')
    expect(again).toMatchObject({ status: 0, stdout: 'setup\nmap bad\n' })
    expect(again.stderr).toContain('It went well this time: 1 record mapped.')
    expect(shop.run('repro', 'map-00000.1', '--whole').stderr).toContain('4 records mapped.')
  })

  it('says of an attempt that had gone well that it does so again', () => {
    runWith('well.job.ts', '')
    const again = shop.run('repro', 'map-00000.1')
    expect(again).toMatchObject({ status: 0 })
    expect(again.stderr).toContain('It went well, as it did then: 4 records mapped.')
  })

  it('ends an attempt that holds more than its run might', () => {
    const leak = 'const kept = []; for (;;) kept.push(Buffer.alloc(2 ** 24, 1))'
    runWith('leaks.job.ts', leak, '--memory', '300M', '--attempts', '2')
    const again = shop.run('repro', 'map-00000.2')
    expect(again, again.stderr).toMatchObject({ status: 1 })
    expect(again.stderr).toMatch(
      /Error: The run held \d+ MiB of the 300 MiB it may; this worker held the most/,
    )
    expect(again.stderr).toContain('It failed again. It was at the record of in.txt that begins at byte 8.')
  })

  it.each([
    ['what is no message', "'?'.repeat(64)", 'The worker spoiled its line to this process. '],
    [
      'a message of none of ours, a hundred thousand levels deep',
      "frame('['.repeat(100_000) + ']'.repeat(100_000))",
      'The worker said something unknown: [ [ [ [Array] ] ] ].',
    ],
  ])('says so where a job writes on the line of its worker: %s', (_, written, said) => {
    const imports = `import { writeSync } from 'node:fs'
function frame(json) {
  const head = Buffer.alloc(5)
  head[0] = 0xff
  head.writeUInt32LE(json.length, 1)
  return Buffer.concat([head, Buffer.from(json)])
}`
    const job = shop.job('line.job.ts', `if (line === 'bad') writeSync(3, ${written}); emit(line)`, imports)
    const options = ['-w', '1', '--attempts', '1', '--no-reuse', '--quiet']
    expect(shop.run('run', job, 'in.txt', ...options)).toMatchObject({ status: 1 })
    const again = shop.run('repro', 'map-00000.1')
    expect(again.stderr).toContain(`Error: ${said}`)
    expect(again.status).toBe(1)
  })

  it('runs a reduce attempt again on what the map tasks wrote', () => {
    shop.write(
      'group.job.ts',
      `import { defineJob, groupReduce, text } from 'tallyman'
export default defineJob({
  input: text(),
  reduce: groupReduce<string, string, string>((key) => {
    throw new Error('no group ' + key)
  }),
  map(line, emit) { emit('k', line) },
})
`,
    )
    expect(shop.run('run', 'group.job.ts', 'in.txt', '--no-reuse')).toMatchObject({ status: 1 })
    const again = shop.run('repro', 'reduce-00000.1')
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('no group k') })
    expect(again.stderr).toContain('group.job.ts:5:')
  })

  it('says with --profile where the time of an attempt goes, by functions of the job', () => {
    shop.write('many.txt', 'a line of text\n'.repeat(2000))
    shop.write(
      'slow.job.ts',
      `import { count, defineJob, text } from 'tallyman'

// No generator is compiled into its caller.
function* slowly(line: string): Generator<number> {
  for (let times = 0; times < 5000; times++) yield line.length % (times + 1)
}
export default defineJob({ input: text(), reduce: count<number>(), map(line, emit) { emit(Math.max(...slowly(line))) } })
`,
    )
    expect(shop.run('run', 'slow.job.ts', 'many.txt', '-w', '1')).toMatchObject({ status: 0 })
    const before = filesOfRun()
    const told = shop.run('repro', 'map-00000.1', '--profile')
    expect(told, told.stderr).toMatchObject({ status: 0, stdout: '' })
    expect(told.stderr).toMatch(/Where its .* went:\n(.*\n)* +\d+ % {2}slowly \(slow\.job\.ts:4\)\n/)
    expect(told.stderr).toContain('It went well, as it did then: 2,000 records mapped.')
    expect(JSON.parse(readFileSync(join(shop.folder, 'map-00000.1.cpuprofile'), 'utf8'))).toHaveProperty(
      'nodes',
    )
    expect(filesOfRun()).toEqual(before)
    expect(shop.run('repro', 'map-00000.1', '--profile', '--inspect')).toMatchObject({ status: 2 })
  })

  it('tells on Ctrl-C at which record an endless loop is', async () => {
    // Without end, and without a core.
    const waits = 'for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)'
    runWith('loops.job.ts', waits, '--task-timeout', '2', '--attempts', '2')
    const child = shop.start('repro', 'map-00000.2')
    let [out, said] = ['', '']
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8')
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    await until('the record', () => out.includes('map bad'))
    await until('the patience', () => said.includes('No progress for 2 s. It goes on until Ctrl-C'))
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(said).toContain('It failed then: The attempt made no progress for 2 s')
    expect(said).toContain('Interrupted. It was at the record of in.txt that begins at byte 8.')
  })

  it('waits for a debugger with --inspect, which stops in front of the record', async () => {
    runWith('inspected.job.ts', `throw new Error('no good')`)
    const child = shop.start('repro', 'map-00000.1', '--inspect')
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    let [out, said, seen] = ['', '', '']
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8')
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    const address = await until('the address', () => /ws:\/\/(127\.0\.0\.1:\d+)\//.exec(said)?.[1])
    expect(out).toBe('')
    const inspector = spawn(process.execPath, ['inspect', address], { stdio: ['pipe', 'pipe', 'ignore'] })
    onTestFinished(() => {
      inspector.kill('SIGKILL')
    })
    inspector.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString('utf8')
    })
    await until('the debugger to stop', () => seen.includes('stopInDebugger'))
    expect(out).toBe('setup\n')
    inspector.stdin.write('cont\n')
    expect(await ended).toBe(1)
    expect(out).toBe('setup\nmap bad\n')
    expect(said).toContain('map threw: no good')
  })
})
