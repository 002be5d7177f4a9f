/** What map tasks wrote is kept for later runs in a store that other runs, and people, clean at any moment. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { program, Workshop } from '../fixtures/program.ts'

/** Below a hundred the last one is the last by name as well. */
const files = 100
let shop: Workshop
let digest: string
beforeAll(() => {
  shop = new Workshop()
  for (let file = 0; file < files; file++) shop.write(`in/${file}.txt`, `a${file} b\n`)
  const job = shop.job('words.job.ts', `for (const word of line.split(' ')) emit(word)`)
  digest = shop.digestOf(shop.run('run', job, 'in', '--split', 'whole', '--no-reuse'))
}, 120_000)
afterAll(() => shop.remove())

const options = ['--split', 'whole', '--impolite', '--keep', '7K']

/** Runs a job; says how that ended. */
async function runBeside(
  job: string,
  ...more: readonly string[]
): Promise<{ status: number | null; said: string }> {
  const env = { ...process.env, TALLYMAN_HOME: join(shop.folder, 'home') }
  const child = spawn(process.execPath, [program, 'run', job, 'in', ...options, ...more], {
    cwd: shop.folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const [status] = await once(child, 'close')
  return { status, said }
}

describe('the store of map outputs', { timeout: 180_000 }, () => {
  it('may be deleted as a whole while a run is at work', async () => {
    let isOver = false
    const run = runBeside('words.job.ts', '-w', '2').finally(() => {
      isOver = true
    })
    let deleted = 0
    while (!isOver) {
      // Where the run puts something in just now, the folder is not empty: the next time.
      try {
        rmSync(join(shop.folder, 'home', 'store'), { recursive: true, force: true })
        deleted += 1
      } catch {}
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
    const { status, said } = await run
    expect(deleted).toBeGreaterThan(10)
    expect(status, said).toBe(0)
    expect(said).toContain(digest)
  })

  it('is cleaned by several runs that end together, and none of them fails of it', async () => {
    const numbers = [1, 2, 3, 4]
    const areAllThere = `${JSON.stringify(numbers.map((number) => join(shop.folder, `at-${number}`)))}.every((file) => existsSync(file))`
    const runs = numbers.map((number) => {
      // Each keeps entries of its own, and in its last task waits for the others.
      const code = `if (line.startsWith('a${files - 1} ')) {
  writeFileSync('at-${number}', '')
  while (!${areAllThere}) Atomics.wait(clock, 0, 0, 5)
}
for (const word of line.split(' ')) emit(word)`
      const imports = `import { existsSync, writeFileSync } from 'node:fs'
const clock = new Int32Array(new SharedArrayBuffer(4))`
      return runBeside(shop.job(`words${number}.job.ts`, code, imports), '-w', '1', '--no-reuse')
    })
    for (const { status, said } of await Promise.all(runs)) {
      expect(status, said).toBe(0)
      expect(said).toContain(digest)
    }
    expect(readdirSync(join(shop.folder, 'home', 'store', 'entries')).length).toBeLessThan(files)
  })

  it('is looked at by `clean`, with all runs, while they are at work', async () => {
    let isOver = false
    const run = runBeside('words.job.ts', '-w', '2', '--no-reuse').finally(() => {
      isOver = true
    })
    let looks = 0
    do {
      const looked = shop.run('clean')
      expect(looked, looked.stderr).toMatchObject({ status: 0 })
      looks += 1
      await new Promise((resolve) => setTimeout(resolve, 1))
    } while (!isOver)
    expect(looks).toBeGreaterThan(1)
    expect(await run).toMatchObject({ status: 0 })
  })
})
