import { existsSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

let shop: Workshop

function openShop(): void {
  shop = new Workshop()
  for (const day of ['01', '02', '03']) shop.write(`days/d2020-03-${day}.txt`, `a\nb ${day}\n`)
  shop.job('words.job.ts', 'emit(line)')
}

function run(...args: readonly string[]): string {
  const ended = shop.run('run', 'words.job.ts', 'days', '-w', '1', ...args)
  expect(ended.stderr).toContain('Complete')
  return shop.digestOf(ended)
}

function explained(): string[] {
  return shop.run('explain').stdout.trimEnd().split('\n').slice(0, -1)
}

/** What a run gave, and why each of its tasks ran. */
interface Told {
  readonly run: string
  readonly digest: string
  readonly why: readonly string[]
}

const isReused = ({ why }: Told): boolean => why.every((line) => line.includes(' reused: '))
const ranBecause = ({ why }: Told, reason: string): boolean =>
  why.every((line) => line.endsWith(`ran: ${reason}`))

/** One run after another in the same folder, with one thing changed before each. */
function tellHistory() {
  const told = (...args: readonly string[]): Told => {
    const digest = run(...args)
    return { run: shop.runs().at(-1)?.split('/').at(-1) ?? 'none', digest, why: explained() }
  }
  const writeJob = (map: string): void => {
    shop.write(
      'words.job.ts',
      `import { readFileSync } from 'node:fs'
       import { count, defineJob, text } from 'tallyman'
       import tables from './upper.json'
       const stop = readFileSync(new URL('./stop.txt', import.meta.url), 'utf8').split('\\n')
       export default defineJob({ input: text(), reduce: count<string>(), map(line, emit) { ${map} } })`,
    )
  }
  shop.write('stop.txt', 'nothing\n')
  shop.write('upper.json', '{"a":"A"}')
  writeJob('if (!stop.includes(line)) emit(tables[line as keyof typeof tables] ?? line)')
  const first = told()
  // A container does not see what is no input.
  const elsewhere = told('--isolation', 'thread', '--workers', '3', '--memory', '1G')
  // Earlier in the order than the others, so that every task's number moves.
  shop.write('days/d2020-02-29.txt', 'a\nnew\n')
  const newDay = told()
  const anew = told('--no-reuse')
  shop.write('stop.txt', 'new\nb 02\n')
  const stop = { changed: told(), anew: run('--no-reuse'), again: told() }
  shop.write('upper.json', '{"a":"B"}')
  const table = told()
  writeJob('emit(line.toUpperCase())')
  const code = told()
  shop.write('days/d2020-03-02.txt', 'a\nB 02\n')
  const input = told()
  shop.write(
    'words.job.ts',
    `import { count, defineJob, text } from 'tallyman'
     import * as z from 'zod'
     export default defineJob({ input: text(), reduce: count<string>(), params: { mark: z.string().default('') },
       map(line, emit, { params }) { emit(line + params.mark) } })`,
  )
  const param = { none: run(), changed: told('--param', 'mark=!'), again: told('--param', 'mark=!') }
  return { first, elsewhere, newDay, anew, stop, table, code, input, param }
}

describe('a run over what an earlier run has done', () => {
  let history: ReturnType<typeof tellHistory>
  beforeAll(() => {
    openShop()
    history = tellHistory()
    shop.remove()
  })

  it('maps only the new day, and explain says so of each task', () => {
    const { first, newDay, anew } = history
    expect(first.why).toEqual([
      'map-00000 (days/d2020-03-01.txt) ran: nothing was kept of it before',
      'map-00001 (days/d2020-03-02.txt) ran: nothing was kept of it before',
      'map-00002 (days/d2020-03-03.txt) ran: nothing was kept of it before',
    ])
    expect(newDay.why).toEqual([
      'map-00000 (days/d2020-02-29.txt) ran: nothing was kept of it before',
      `map-00001 (days/d2020-03-01.txt) reused: kept by run ${first.run}`,
      `map-00002 (days/d2020-03-02.txt) reused: kept by run ${first.run}`,
      `map-00003 (days/d2020-03-03.txt) reused: kept by run ${first.run}`,
    ])
    expect(anew.digest).toBe(newDay.digest)
    expect(anew.why[0]).toContain('ran: the run was told not to use what was kept')
  })

  it('uses everything again with other workers, isolation and memory', () => {
    const { first, elsewhere } = history
    expect(elsewhere.digest).toBe(first.digest)
    expect(elsewhere.why).toHaveLength(3)
    expect(isReused(elsewhere)).toBe(true)
  })

  it('uses nothing that was made with another file that the job reads itself', () => {
    // What was not written to is no reason to do anything again, for threads or processes.
    const { elsewhere, newDay, stop } = history
    expect(isReused(elsewhere)).toBe(true)
    expect(stop.changed.digest).not.toBe(newDay.digest)
    expect(ranBecause(stop.changed, 'a file that the job reads itself was written to or replaced')).toBe(true)
    expect(stop.anew).toBe(stop.changed.digest)
    expect(stop.again.digest).toBe(stop.changed.digest)
    expect(stop.again.why).toHaveLength(4)
    expect(isReused(stop.again)).toBe(true)
  })

  it('takes a table of JSON that the job imports for a part of its code', () => {
    const { first, elsewhere, stop, table } = history
    expect([elsewhere.digest, isReused(elsewhere)]).toEqual([first.digest, true])
    expect(table.digest).not.toBe(stop.again.digest)
    expect(ranBecause(table, 'the code of the job changed')).toBe(true)
  })

  it('uses nothing stale after the code, a parameter or an input changed, and says which', () => {
    const { table, code, input, param } = history
    expect(code.digest).not.toBe(table.digest)
    expect(ranBecause(code, 'the code of the job changed')).toBe(true)
    expect(input.digest).toBe(code.digest)
    expect(input.why.map((line) => line.replace(/^.*\) /, '').replace(/ kept by run.*/, ''))).toEqual([
      'reused:',
      'reused:',
      'ran: the input was written to or replaced',
      'reused:',
    ])
    expect(param.changed.digest).not.toBe(param.none)
    expect(ranBecause(param.changed, 'the parameters changed')).toBe(true)
    expect(param.again.digest).toBe(param.changed.digest)
    expect(isReused(param.again)).toBe(true)
  })
})

describe('a run over what was kept', () => {
  beforeEach(openShop)
  afterEach(() => shop.remove())

  it('uses what the latest run made, where that is something else although nothing that is seen has changed', () => {
    shop.job('words.job.ts', 'emit(process.env.LIMIT)')
    const limited = (limit: string, ...args: readonly string[]): string => {
      const ended = shop.runIn({ env: { LIMIT: limit } }, 'run', 'words.job.ts', ...args, '-w', '1')
      return shop.digestOf(ended)
    }
    limited('1', 'days/d2020-03-01.txt')
    const anew = limited('2', 'days', '--no-reuse')
    const latest = shop.runs().at(-1)?.split('/').at(-1)
    expect(limited('2', 'days')).toBe(anew)
    expect(explained()).toHaveLength(3)
    expect(explained().every((line) => line.endsWith(` reused: kept by run ${latest}`))).toBe(true)
  })

  it('uses nothing that was made of another file of the same size and time, which was in the place of an input for a while', () => {
    for (const name of ['old', 'new']) {
      shop.write(`${name}.txt`, `${name}\n`.repeat(600))
      utimesSync(join(shop.folder, `${name}.txt`), 1, 1)
    }
    const lead = (to: string): void => {
      rmSync(join(shop.folder, 'now.txt'), { force: true })
      symlinkSync(`${to}.txt`, join(shop.folder, 'now.txt'))
    }
    lead('old')
    shop.write('swap', '')
    shop.job(
      'words.job.ts',
      `if (existsSync('swap')) { rmSync('swap'); rmSync('now.txt'); symlinkSync('new.txt', 'now.txt') }
       emit(line)`,
      "import { existsSync, rmSync, symlinkSync } from 'node:fs'",
    )
    const args = ['run', 'words.job.ts', 'now.txt', '-w', '1', '--split', '600'] as const
    expect(shop.run(...args).stdout).toMatch(/new +\d+\n +old/)
    lead('old')
    expect(shop.run(...args).stdout).toMatch(/^result: 1 row\n +old +600\n/)
  })

  it('uses nothing that was made in another time zone or language', () => {
    shop.job('words.job.ts', 'emit([new Date(0).toLocaleString(), (1234.5).toLocaleString()])')
    const inSurroundings = (env: Record<string, string>): string => {
      const ended = shop.runIn({ env }, 'run', 'words.job.ts', 'days', '-w', '1')
      return shop.digestOf(ended)
    }
    const korean = { TZ: 'Asia/Seoul', LANG: 'ko_KR.UTF-8' }
    const digest = inSurroundings(korean)
    const german = inSurroundings({ TZ: 'Asia/Seoul', LANG: 'de_DE.UTF-8' })
    expect(german).not.toBe(digest)
    const why = 'ran: it was kept under another time zone or language'
    expect(explained().every((line) => line.endsWith(why))).toBe(true)
    expect(inSurroundings(korean)).toBe(digest)
  })

  it('knows content again under --hash-inputs when a file was only touched', () => {
    const digest = run('--hash-inputs')
    shop.write('days/d2020-03-02.txt', 'a\nb 02\n')
    expect(run('--hash-inputs')).toBe(digest)
    expect(explained().every((line) => line.includes(' reused: '))).toBe(true)
  })
})

describe('explain', () => {
  beforeEach(openShop)
  afterEach(() => shop.remove())

  it('says which attempts failed of a task that ran again', () => {
    shop.job(
      'once.job.ts',
      'if (line === "b 02" && !existsSync("flag")) { writeFileSync("flag", ""); process.exit(9) } emit(line)',
      'import { existsSync, writeFileSync } from "node:fs"',
    )
    expect(shop.run('run', 'once.job.ts', 'days', '-w', '1')).toMatchObject({ status: 0 })
    expect(explained()[1]).toMatch(
      /^map-00001 \(days\/d2020-03-02\.txt\) ran again: attempt 1: The worker was ended by the job itself: process\.exit\(9\)/,
    )
  })
})

describe('explain of a run with many tasks', () => {
  beforeEach(openShop)
  afterEach(() => shop.remove())

  it('says how many there are for each reason, and lists those that are asked for', () => {
    for (let file = 0; file < 60; file++)
      shop.write(`many/day-${String(file).padStart(2, '0')}.txt`, `a ${file}\n`)
    expect(shop.run('run', 'words.job.ts', 'many', '-w', '1', '--split', 'whole')).toMatchObject({
      status: 0,
    })
    shop.write('many/day-07.txt', 'changed\n')
    expect(shop.run('run', 'words.job.ts', 'many', '-w', '1', '--split', 'whole')).toMatchObject({
      status: 0,
    })
    const [before, id] = shop.runs().map((run) => run.split('/').at(-1))
    const map = shop.events().filter(({ type }) => type === 'map-reused').length
    expect(map).toBe(59)
    const plain = shop.run('explain')
    expect(plain.stdout).toContain(
      `59 reused: kept by run ${before}; the first is map-00000 (many/day-00.txt)\n`,
    )
    expect(plain.stdout).toContain('map-00007 (many/day-07.txt) ran: the input was written to or replaced\n')
    expect(plain.stderr).toMatch(/^Of 6\d tasks 59 reused, \d ran\.\n/)
    expect(plain.stderr).toContain(`Each of them: tallyman explain ${id} --what all\n`)
    const tasksOf = (...args: string[]): string[] =>
      shop
        .run('explain', ...args, '--json')
        .stdout.split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).task)
    expect(tasksOf('--task', 'day-07')).toEqual(['map-00007'])
    expect(tasksOf('--task', 'map-00031')).toEqual(['map-00031'])
    expect(tasksOf('--what', 'reused')).toHaveLength(59)
    expect(tasksOf('--what', 'ran', '--why', 'written to')).toEqual(['map-00007'])
    expect(tasksOf('--why', 'nothing of the kind')).toEqual([])
    expect(shop.run('explain', '--what', 'all').stdout).toContain(
      'map-00059 (many/day-59.txt) reused: kept by run',
    )
    expect(shop.run('explain', '--what', 'waiting').stderr).toContain(
      'None of them is one that was asked for.',
    )
  })
})

describe('clean', () => {
  beforeEach(openShop)
  afterEach(() => shop.remove())

  it('shows what runs hold, frees the ones that are named and what is kept, and nothing else', () => {
    run('-o', 'out')
    run()
    const pack = shop.write('home/spark/pack-1-2.tar.gz', 'an archive')
    const listed = shop
      .run('clean', '--json')
      .stdout.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(listed.map(({ kind }) => kind)).toEqual(['run', 'run', 'kept', 'archives', 'images'])
    // Images are the user's, whatever folder runs are in, and there may be none.
    expect(listed.slice(0, 3).every(({ bytes }) => bytes > 0)).toBe(true)
    expect(listed[3]).toMatchObject({ entries: 1, bytes: 10 })
    const [first, second] = shop.runs()
    expect(shop.run('clean', './out')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('"./out" is no run of tallyman'),
    })
    const id = first?.split('/').at(-1) ?? ''
    expect(shop.run('clean', id, id)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(new RegExp(`^Freed .* of 1 run: ${id}\\.\\n$`)),
    })
    expect(shop.runs()).toEqual([second])
    expect(existsSync(join(shop.folder, 'out', 'manifest.json'))).toBe(true)
    expect(shop.run('clean', '--kept')).toMatchObject({ status: 0 })
    expect(existsSync(join(shop.folder, 'home', 'store'))).toBe(false)
    expect(existsSync(pack)).toBe(false)
    run()
    expect(explained()[0]).toContain('ran: nothing was kept of it before')
    rmSync(join(shop.folder, 'out'), { recursive: true })
  })

  it('removes no run of which containers may be left, since nobody would know them then', () => {
    run()
    const [path = ''] = shop.runs()
    const note = `${path}/containers.json`
    writeFileSync(note, '{"engine":"podman","label":"0123456789abcdef"}\n')
    const withoutEngine = { env: { PATH: shop.folder } }
    expect(shop.runIn(withoutEngine, 'clean', 'last')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/may have left containers, .*\nEvery command asks the engine again/),
    })
    expect(existsSync(note)).toBe(true)
    rmSync(note)
    expect(shop.runIn(withoutEngine, 'clean', 'last').status).toBe(0)
    expect(shop.runs()).toEqual([])
  })
})
