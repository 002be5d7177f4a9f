/** Jobs that open thousands of files, and machines that allow few. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

let shop: Workshop
/** The digest of the words where enough files may be open. */
let plain: string
beforeAll(() => {
  shop = new Workshop()
  for (let file = 0; file < 8; file++) shop.write(`in/${file}.txt`, `a ${file}\nbad\n${'b\n'.repeat(50)}`)
  const imports = "import { openSync } from 'node:fs'"
  shop.job(
    'opens.job.ts',
    `if (line === 'bad') for (let n = 0; n < 30_000; n++) openSync('/dev/null'); emit(line)`,
    imports,
  )
  shop.job('leaks.job.ts', `openSync('/dev/null'); emit(line)`, imports)
  shop.job(
    'misses.job.ts',
    'emit(line)',
    `${imports}
     try { for (;;) openSync('/dev/null') } catch {}
     const name = './no-such-module.mjs'
     await import(name)`,
  )
  shop.job('words.job.ts', 'emit(line)')
  plain = shop.digestOf(shop.shell('ulimit -n 1024; tallyman run words.job.ts in --no-reuse --impolite -w 2'))
})
afterAll(() => shop.remove())

describe.each(['process', 'thread'])('with --isolation %s and few open files allowed', (isolation) => {
  const limited = (job: string, limit: number): ReturnType<Workshop['shell']> =>
    shop.shell(
      `ulimit -n ${limit}; tallyman run ${job} in --no-reuse --impolite -w 2 --isolation ${isolation} --max-bad 50%`,
    )

  it('a job that opens 30,000 files fails with the cause, its record and the way out, and rejects nothing for it', () => {
    const { status, stdout, stderr } = limited('opens.job.ts', 1024)
    expect([status, stdout], stderr).toEqual([1, ''])
    // Threads share what their process may have open: there another one may be the first to get none, and it may not even have begun.
    expect(stderr).toMatch(
      isolation === 'thread'
        ? /(EMFILE: too many open files, open '\/|Worker initialization failure: EMFILE)(.*\n)+.*\(.*ulimit -n\)/
        : /The map could not go on at in\/\d\.txt, byte 4 \(line 2 of its split\): EMFILE: too many open files, open '\/dev\/null'\.\nAllow more open files \(ulimit -n\), or fewer workers/,
    )
  })

  it('a job for which a module is missing since no file can be opened is told that', () => {
    const { status, stderr } = limited('misses.job.ts', 1024)
    expect(status, stderr).toBe(1)
    expect(stderr).toMatch(/EMFILE: too many open files, open '\/dev\/null'(.*\n)+.*\(ulimit -n\)/)
    expect(stderr).not.toContain('no-such-module')
  })

  it('a job that leaves a few open for each record ends well while its workers are within the limit', () => {
    const { status, stderr } = limited('leaks.job.ts', 1024)
    expect(status, stderr).toBe(0)
  })

  it('one that opens none is done with as few as there can be, or says that it is the limit', () => {
    for (const limit of [20, 28, 40, 111, 112]) {
      const ended = limited('words.job.ts', limit)
      if (ended.status === 0) expect(shop.digestOf(ended)).toBe(plain)
      else {
        expect(ended.stdout).toBe('')
        expect(ended.stderr, `limit ${limit}`).toMatch(
          limit === 20 ? /EMFILE|ulimit -n/ : /files open here, .*\nAllow 112 or more: ulimit -n 112\n/,
        )
      }
    }
  })
})

describe('a merge of many spills', () => {
  it('opens no more of them than a worker may', () => {
    shop.write('many/a.txt', Array.from({ length: 10_000 }, (_, line) => `word ${line}\n`).join(''))
    const merge = (limit: number): string =>
      shop.digestOf(
        shop.shell(
          `ulimit -n ${limit}; tallyman run words.job.ts many --no-reuse -w 1 --split whole --spill 4K --impolite`,
        ),
      )
    expect(merge(112)).toBe(merge(4096))
    const spills = shop
      .journal()
      .flatMap((event) => (event.type === 'map-committed' ? event.report.spills : []))
    expect(spills.length).toBeGreaterThan(112)
  })
})
