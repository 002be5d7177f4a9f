/** The commands around a run: `new`, `test`, `runs`, `show`, and where runs live. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())
shop.write('song.txt', 'the wheels on the bus\nthe bus\n')

describe('tallyman new', () => {
  const made = shop.run('new', 'sub/words')
  const files = readdirSync(join(shop.folder, 'sub')).sort()

  it('writes a job and a test, and says what to do next', () => {
    expect(made).toEqual({
      status: 0,
      stdout: 'Wrote sub/words.job.ts and sub/words.test.ts.\n',
      stderr: 'Next: tallyman test sub/words.test.ts\n      tallyman run sub/words.job.ts FILES…\n',
    })
    expect(files).toEqual(['words.job.ts', 'words.test.ts'])
  })

  it('writes a job that runs', () => {
    const { status, stdout } = shop.run('run', 'sub/words.job.ts', 'song.txt', '-o', '-', '-q')
    expect(status).toBe(0)
    expect(stdout).toBe(
      '{"key":"bus","value":2}\n{"key":"on","value":1}\n{"key":"the","value":3}\n{"key":"wheels","value":1}\n',
    )
  })

  it('writes a test that passes with `tallyman test`, and fails with 1 when the job is wrong', () => {
    const passed = shop.run('test', 'sub/words.test.ts')
    expect([passed.status, passed.stdout]).toEqual([0, expect.stringMatching(/pass 1\n/)])
    shop.write('wrong/words.test.ts', readFileSync(join(shop.folder, 'sub/words.test.ts')))
    const source = readFileSync(join(shop.folder, 'sub/words.job.ts'), 'utf8')
    shop.write('wrong/words.job.ts', source.replace('.toLowerCase()', ''))
    const failed = shop.run('test', 'wrong/words.test.ts')
    expect([failed.status, failed.stdout]).toEqual([1, expect.stringMatching(/fail 1\n/)])
    expect(failed.stdout).toContain('wrong/words.test.ts:')
  })

  it('overwrites neither of them', () => {
    for (const taken of ['words.job.ts', 'words.test.ts']) {
      shop.write(`taken-${taken}/${taken}`, 'mine')
      const ended = shop.run('new', `taken-${taken}/words`)
      expect(ended).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringContaining(`${taken} exists already`),
      })
      expect(readdirSync(join(shop.folder, `taken-${taken}`))).toEqual([taken])
    }
  })

  it.each([[[]], [['']], [['a b']], [['.hidden']], [['../']], [['a', 'b']], [['-x']]])(
    'refuses %j',
    (names) => {
      const before = readdirSync(shop.folder)
      expect(shop.run('new', ...names)).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringMatching(/^Error: /),
      })
      expect(readdirSync(shop.folder)).toEqual(before)
    },
  )

  it('takes a name with its ending for the same', () => {
    expect(shop.run('new', 'ending/logs.job.ts').stdout).toBe(
      'Wrote ending/logs.job.ts and ending/logs.test.ts.\n',
    )
  })
})

describe('tallyman test', () => {
  it.each([
    [[], 'Which tests?'],
    [['none.test.ts'], 'Test "'],
    [['sub'], 'is no file.'],
  ])('refuses %j', (files, message) => {
    expect(shop.run('test', ...files)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) })
  })

  it('fails for a file without a test, and names it', () => {
    shop.write('one.test.ts', `import { test } from 'node:test'\ntest('one', () => {})\n`)
    shop.write('none.ts', `console.log('nothing is tested')\n`)
    const mixed = shop.run('test', 'one.test.ts', 'none.ts')
    expect(mixed).toMatchObject({ status: 1, stdout: expect.stringContaining('nothing is tested') })
    expect(mixed.stderr).toMatch(/^Error: Test ".*\/none\.ts" has no test in it\.\nSay test\(/)
    shop.write('suite.test.ts', `import { describe } from 'node:test'\ndescribe('none', () => {})\n`)
    expect(shop.run('test', 'suite.test.ts')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('suite.test.ts" has no test in it.'),
    })
  })

  it('ends quietly when whoever reads has enough', () => {
    shop.write(
      'many.test.ts',
      `import { test } from 'node:test'\nfor (let i = 0; i < 3000; i++) test('number ' + i, () => {})\n`,
    )
    const { status, stderr } = shop.shell('set -o pipefail; tallyman test many.test.ts | head -n 1')
    expect([status, stderr]).toEqual([0, ''])
  })
})

describe('runs', () => {
  it('live under TALLYMAN_HOME, or else under the current directory', () => {
    const at = (home: string | undefined) => ({ cwd: 'sub', env: { TALLYMAN_HOME: home } })
    for (const [home, folder] of [
      ['../elsewhere', 'elsewhere/runs'],
      [undefined, 'sub/.tallyman/runs'],
      ['', 'sub/.tallyman/runs'],
    ]) {
      rmSync(join(shop.folder, folder!), { recursive: true, force: true })
      expect(shop.runIn(at(home), 'runs')).toMatchObject({
        status: 0,
        stdout: '',
        stderr: expect.stringContaining('There are no runs in '),
      })
      expect(shop.runIn(at(home), 'run', 'words.job.ts', '../song.txt', '-q')).toMatchObject({
        status: 0,
        stderr: '',
      })
      expect(readdirSync(join(shop.folder, folder!))).toHaveLength(1)
      expect(shop.runIn(at(home), 'runs').stdout).toMatch(
        /^\S+-words {2}complete {2}2 records {2}words\.job\.ts\n$/,
      )
    }
  })

  it('that cannot be read are listed all the same', () => {
    const env = { TALLYMAN_HOME: 'ruins' }
    mkdirSync(join(shop.folder, 'ruins/runs/20200101-000000-empty'), { recursive: true })
    mkdirSync(join(shop.folder, 'ruins/runs/20200102-000000-torn'))
    writeFileSync(join(shop.folder, 'ruins/runs/20200102-000000-torn/run.json'), '{"format":')
    const { status, stdout, stderr } = shop.runIn({ env }, 'runs')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toBe('20200102-000000-torn   cannot be read\n20200101-000000-empty  cannot be read\n')
  })
})

// From a folder without a run to a result that was moved away.
describe('tallyman show', { shuffle: false }, () => {
  const home = { env: { TALLYMAN_HOME: 'shown' } }
  const show = (...args: readonly string[]) => shop.runIn(home, 'show', ...args)

  it('says that there are no runs yet', () => {
    expect(show()).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^Error: Run "last" does not exist\. There are no runs/),
    })
  })

  it('shows the last run and the head of its result', () => {
    shop.runIn(home, 'run', 'sub/words.job.ts', 'song.txt', '-o', 'counted', '-q')
    const { status, stdout, stderr } = show()
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^Run \S+-words: complete$/),
      expect.stringMatching(
        /^ {2}of sub\/words\.job\.ts, begun \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, in shown\/runs\/\S+-words$/,
      ),
      '  1 of 1 map task, 1 of 1 reduce task; 2 records, 0 rejected; 30 B of 30 B read',
      'Result counted: complete; 1 file, 2 records, 0 rejected',
      'result: 4 rows',
      '  bus     2',
      '  on      1',
      '  the     3',
      '  wheels  1',
      expect.stringMatching(/^digest sha256:[0-9a-f]{64}$/),
      '',
    ])
  })

  it('shows a run by id, the beginning of one or path, and a result by its directory', () => {
    const [id] = readdirSync(join(shop.folder, 'shown/runs'))
    const whole = show().stdout
    for (const name of [id!, id!.slice(0, 12), `shown/runs/${id}`, 'last'])
      expect(show(name).stdout).toBe(whole)
    expect(whole.endsWith(show('counted').stdout)).toBe(true)
    expect(show('counted', '--rows', '1').stdout).toContain('result: 4 rows\n  bus  2\n  …\ndigest')
  })

  it('shows tables that are no JSON lines as they are', () => {
    shop.runIn(home, 'run', 'sub/words.job.ts', 'song.txt', '-o', 'as-csv', '-q', '--format', 'csv')
    expect(show('as-csv', '--rows', '2').stdout).toContain(
      'result: 4 rows in result.csv\n  key,value\n  bus,2\n  on,1\n  …\ndigest',
    )
    expect(show('as-csv').stdout).toContain('  wheels,1\ndigest')
  })

  it('says that a result has been moved away', () => {
    rmSync(join(shop.folder, 'as-csv'), { recursive: true })
    expect(show('last')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Its result was in as-csv, and is not there any more.'),
    })
  })

  it.each([
    [
      'nothing',
      '"nothing" does not exist: it is neither a directory here nor a run in ',
      '`tallyman runs` lists',
    ],
    [
      'conuted',
      '"conuted" does not exist: it is neither a directory here nor a run in ',
      'Did you mean counted?\n',
    ],
    ['./nothing', '"./nothing" does not exist.', '`tallyman runs` lists'],
    ['./coun', '"./coun" does not exist.', 'Did you mean counted?\n'],
    ['./counte', '"./counte" does not exist.', 'Did you mean counted?\n'],
    ['sub/', 'Directory "sub/" is neither a result nor a run of tallyman.', '`tallyman runs` lists'],
    ['song.txt', '"song.txt" is a file; a result is a directory.', '`tallyman runs` lists'],
    ['counted/result.jsonl', '"counted/result.jsonl" is a file', 'Name the result it lies in: counted\n'],
  ])('refuses %s, which is neither a run nor a result, as verify does', (name, message, wayOut) => {
    for (const command of ['show', 'verify']) {
      const { status, stdout, stderr } = shop.runIn(home, command, name)
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).toContain(`Error: ${message}`)
      expect(stderr).toContain(wayOut)
    }
  })

  it('does not show what is not as it was written', () => {
    const file = join(shop.folder, 'counted/result.jsonl')
    const rows = readFileSync(file, 'utf8')
    for (const changed of [`${rows}\n`, rows.replace('"value":3', '"value":4')]) {
      writeFileSync(file, changed)
      for (const args of [['counted'], ['counted', '--json']]) {
        const { status, stdout, stderr } = show(...args)
        expect(status).toBe(1)
        expect(stdout).not.toContain('wheels')
        expect(stderr).toMatch(
          /^Error: Result counted is not as it was written: result\.jsonl is missing or changed\.\n`tallyman verify` says/,
        )
      }
    }
    writeFileSync(file, rows)
    expect(show('counted').status).toBe(0)
  })

  it('leaves no folder for runs behind', () => {
    expect(existsSync(join(shop.folder, '.tallyman'))).toBe(false)
  })
})
