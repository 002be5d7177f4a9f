import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

const rounds = process.env.CI === undefined ? 5 : 25

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  for (const name of ['a', 'b', 'c']) {
    const lines = Array.from(
      { length: 500 },
      (_, index) => `${name} word${(index * 31) % 997} ${index % 7}\n`,
    )
    shop.write(`in/${name}.txt`, lines.join(''))
  }
})
afterAll(() => shop.remove())

describe('chaos', () => {
  it(`finds the same digest after ${rounds} rounds of kills, stops and interrupts`, () => {
    shop.job('words.job.ts', 'for (const word of line.split(" ")) emit(word)')
    // What is chosen for a round may cut the inputs into several tasks each, and these into many spills.
    const cut = ['--split', '4K', '--spill', '1K', '-w', '1']
    expect(shop.run('run', 'words.job.ts', 'in', ...cut, '-q')).toMatchObject({ status: 0 })
    const spills = shop
      .journal()
      .flatMap((event) => (event.type === 'map-committed' ? [event.report.spills.length] : []))
    expect(spills.length).toBeGreaterThanOrEqual(6)
    expect(Math.min(...spills)).toBeGreaterThan(9)
    // More than are merged at once.
    expect(spills.reduce((sum, count) => sum + count)).toBeGreaterThan(128)
    const ended = shop.run('chaos', 'words.job.ts', 'in', '--rounds', String(rounds), '--seed', '20')
    expect(ended, ended.stdout + ended.stderr).toMatchObject({ status: 0 })
    const lines = ended.stdout.trimEnd().split('\n')
    expect(lines.filter((line) => line.endsWith('same digest'))).toHaveLength(rounds)
    // Enough of them must have met a run that was still at work.
    expect(lines.filter((line) => line.includes('killed')).length).toBeGreaterThan(rounds / 3)
    expect(lines.at(-1)).toBe(`${rounds} rounds, the digest was the same in all. Seed 20.`)
  }, 1_200_000)

  it('says that the digest is another one when a job depends on chance, and how to see it again', () => {
    shop.job('chance.job.ts', 'emit(line + Math.random())')
    const ended = shop.run('chaos', 'chance.job.ts', 'in/a.txt', '--rounds', '1', '--seed', '4')
    expect(ended).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('Again: tallyman chaos … --seed 4'),
    })
    expect(ended.stdout).toContain('OTHER DIGEST')
    const lines = ended.stderr.trimEnd().split('\n')
    expect(lines[0]).toMatch(
      /^Most often it is a reducer whose merge is not associative .* or Math\.random\(\)\./,
    )
    // What is said can be typed.
    const commands = lines.slice(1).map((line) => line.trim())
    expect(commands).toEqual([
      'tallyman run chance.job.ts in/a.txt --no-reuse -o chaos-undisturbed',
      expect.stringMatching(
        /^tallyman run chance\.job\.ts in\/a\.txt --isolation .* --no-reuse -o chaos-other$/,
      ),
      'tallyman diff chaos-undisturbed chaos-other',
    ])
    const typed = commands.map((command) => shop.run(...command.split(' ').slice(1)))
    expect(typed.map(({ status }) => status)).toEqual([0, 0, 1])
    expect(typed[2]?.stdout).toContain('  -  a word0 00.')
  })

  it('refuses a job that does not end well when it is left alone', () => {
    shop.job('bad.job.ts', 'throw new Error("no line is good")')
    const ended = shop.run('chaos', 'bad.job.ts', 'in/a.txt', '--rounds', '1')
    expect(ended.status).toBe(2)
    expect(ended.stderr).toContain('does not end well when it is left alone')
    expect(ended.stderr).toContain('no line is good')
  })
})
