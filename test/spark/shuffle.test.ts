/** What comes through Spark's shuffle is put together again in whatever order it comes, and is checked. */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../examples/twitter/scale-model/random.ts'
import { failureIn } from '../../src/spark/task-failure.ts'
import { hasSpark, sparkEnv } from '../fixtures/spark.ts'
import { requires } from '../requires.ts'

const module = fileURLToPath(new URL('../../src/spark', import.meta.url))
const hasPython = spawnSync('python3', ['--version']).status === 0

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-shuffle-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A spill as a map task writes it, somewhere in a file, and what the reduce task is told of it. */
interface Written {
  readonly name: string
  readonly atByte: number
  readonly bytes: Buffer
}

type Block = readonly [name: string, at: number, data: Buffer]

const program = `
import base64, json, os, sys
import tallyman_tasks as tasks
told = json.load(open(sys.argv[1]))
scratch = sys.argv[2]
blocks = [(0, (1, name, at, base64.b64decode(data))) for name, at, data in told["blocks"]]
expected = {spill["name"]: spill for spill in told["expected"]}
tasks.gather(os.path.join(scratch, "committed"), expected, blocks)
tasks.check(scratch, expected)
print(sorted(os.listdir(os.path.join(scratch, "committed"))))
`

/** Has Python put blocks together, and check what comes of it. */
function gather(
  written: readonly Written[],
  blocks: readonly Block[],
): { readonly stdout: string; readonly stderr: string } {
  const place = mkdtempSync(join(folder, 'one-'))
  const told = {
    blocks: blocks.map(([name, at, data]) => [name, at, data.toString('base64')]),
    expected: written.map(({ name, atByte, bytes }) => ({
      name: `committed/${name}`,
      atByte,
      bytes: bytes.length,
      crc32: crc32(bytes),
    })),
  }
  writeFileSync(join(place, 'told.json'), JSON.stringify(told))
  const { stdout, stderr } = spawnSync('python3', ['-B', '-c', program, join(place, 'told.json'), place], {
    env: { ...process.env, PYTHONPATH: module },
    encoding: 'utf8',
  })
  return { stdout, stderr }
}

function cut({ name, atByte, bytes }: Written, blockBytes: number): Block[] {
  const blocks: Block[] = []
  for (let at = 0; at < bytes.length; at += blockBytes)
    blocks.push([name, atByte + at, bytes.subarray(at, at + blockBytes)])
  return blocks
}

const seed = process.env.TALLYMAN_SEED ?? 'blocks'
const random = new Random(seed, 'blocks')
const written = ['map-00000/s0.spill', 'map-00001/s0.spill', 'map-00001/s1.spill'].map((name, at) => ({
  name,
  atByte: 1001 * at,
  bytes: Buffer.from(Array.from({ length: 1000 * (at + 1) + 7 }, () => random.below(256))),
}))

const isRoot = process.geteuid?.() === 0

it.skipIf(!requires('python3 and the rights of root', hasPython && isRoot))(
  'the folder of a run is written into by executors of its own user alone',
  () => {
    const run = mkdtempSync(join(folder, 'run-'))
    for (const place of [folder, run]) chmodSync(place, 0o777)
    writeFileSync(join(run, 'probe'), 'seen')
    const settings = JSON.stringify({ run, probe: { name: 'probe', text: 'seen' } })
    const code = 'import json, sys, tallyman_tasks as tasks; print(tasks.sees_run(json.loads(sys.argv[1])))'
    // Without the module of the test's own folder, which another user may not be able to read.
    copyFileSync(join(module, 'tallyman_tasks.py'), join(run, 'tallyman_tasks.py'))
    const seenBy = (uid: number): string =>
      spawnSync('python3', ['-B', '-c', code, settings], {
        cwd: '/',
        env: { ...process.env, PYTHONPATH: run },
        uid,
        encoding: 'utf8',
      }).stdout
    expect([0, 65_534].map(seenBy)).toEqual(['True\n', 'False\n'])
  },
)

const fetching = fileURLToPath(new URL('../fixtures/fetch-shuffled.py', import.meta.url))

describe.skipIf(!requires('pyspark with Java', hasSpark))('what the driver fetches in several turns', () => {
  it.each([1, 2, 3, 4, 5])('is whole, in whatever order it comes, and whoever made it (seed %i)', (seed) => {
    const place = mkdtempSync(join(folder, 'fetch-'))
    const { stdout, stderr } = spawnSync('python3', ['-B', fetching, place, String(seed)], {
      env: { ...process.env, ...sparkEnv, PYTHONPATH: module },
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    const { told, wanted, jobs } = JSON.parse(stdout)
    expect(told).toMatchObject(wanted)
    expect(jobs).toBeGreaterThan(3)
  })
})

describe.skipIf(!requires('python3', hasPython))(`blocks in the shuffle (seed ${seed})`, () => {
  it('make the same files in any order, and those of other attempts are passed over', () => {
    const blocks = written.flatMap((one) => cut(one, 64))
    const shuffled = blocks.map((block) => ({ block, key: random.below(1e9) }))
    shuffled.sort((a, b) => a.key - b.key)
    const other: Block = ['map-00009/s0.spill', 0, Buffer.from('not asked for')]
    const { stdout, stderr } = gather(written, [...shuffled.map(({ block }) => block), other])
    expect(stderr).toBe('')
    expect(stdout).toBe("['map-00000', 'map-00001']\n")
  })

  it.each<[string, (blocks: Block[]) => Block[]]>([
    ['a block is missing', (blocks) => blocks.slice(1)],
    ['the last is', (blocks) => blocks.slice(0, -1)],
    [
      'a bit is another',
      (blocks) =>
        blocks.map(([name, at, data], index) => {
          const bytes = Buffer.from(data)
          if (index === 3) bytes[5]! ^= 8
          return [name, at, bytes]
        }),
    ],
  ])('fail their task where %s', (_, spoil) => {
    const { stdout, stderr } = gather(written, spoil(written.flatMap((one) => cut(one, 64))))
    expect(stdout).toBe('')
    expect(failureIn(stderr)).toMatchObject({
      fault: { code: 'file-damaged', message: expect.stringContaining('came through the shuffle') },
    })
  })
})
