import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyResult } from '../../src/result/index.ts'
import { Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())

let digest = ''

beforeAll(() => {
  shop.job('tags.job.ts', "for (const tag of line.split(' ')) emit(tag)")
  shop.write('in/2020-01-01.txt', 'b a c\na "x"\n')
  shop.write('in/2020-01-02.txt', 'a ö\n')
  digest = shop.digestOf(shop.run('run', 'tags.job.ts', 'in', '-o', 'result', '-w', '1'))
})

/** A copy of the result to damage. */
function copy(name: string): string {
  const directory = join(shop.folder, name)
  rmSync(directory, { recursive: true, force: true })
  cpSync(join(shop.folder, 'result'), directory, { recursive: true })
  return directory
}

function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Edits the text of a manifest and seals it again, as docs/decisions/0007 says. */
function reseal(directory: string, change: (text: string) => string): void {
  const file = join(directory, 'manifest.json')
  const lines = change(readFileSync(file, 'utf8')).split('\n')
  const head = `${lines.slice(0, -3).join('\n')}\n`
  writeFileSync(file, `${head}  "manifestSha256": "${sha256(head)}"\n}\n`)
}

describe('tallyman verify', () => {
  test('says of a result that is whole how complete it is, and its digest; exit code 0', () => {
    // Not `last`: other tests begin runs, too.
    for (const name of ['result', shop.runs()[0] ?? '']) {
      const { status, stdout, stderr } = shop.run('verify', name)
      expect(stderr).toBe('')
      expect(status).toBe(0)
      expect(stdout).toContain('is as it was written, and complete.')
      expect(stdout).toContain('2 files, 3 records, 0 rejected')
      expect(stdout).toContain('result.jsonl: 5 rows, ')
      expect(stdout.trimEnd().split('\n').at(-1)).toBe(`digest ${digest}`)
    }
  })

  test('--json says the same to programs', () => {
    const { status, stdout } = shop.run('verify', 'result', '--json')
    const directory = join(shop.folder, 'result')
    const table = readFileSync(join(directory, 'result.jsonl'))
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      result: directory,
      status: 'intact',
      complete: true,
      accepted: [],
      run: expect.stringMatching(/^\d{8}-\d{6}-tags$/),
      versions: { tallyman: expect.any(String), node: process.version },
      records: 3,
      rejected: 0,
      digest: { stated: digest, recomputed: digest },
      tables: [
        {
          name: 'result',
          file: 'result.jsonl',
          rows: 5,
          bytes: table.length,
          sha256: sha256(table),
          order: 'ascending',
        },
      ],
      findings: [],
      unchecked: [],
    })
  })

  test('finds every byte that is flipped, cut off or put behind, in every file of a result', () => {
    const directory = copy('flipped')
    for (const name of readdirSync(directory)) {
      const file = join(directory, name)
      const whole = readFileSync(file)
      const expectFound = (damaged: Buffer, how: string): void => {
        writeFileSync(file, damaged)
        const { findings } = verifyResult(directory, { committed: null })
        expect(findings, `${name} ${how}`).toContainEqual(
          expect.objectContaining({ kind: 'changed', file: name }),
        )
      }
      for (let at = 0; at < whole.length; at += 1) {
        const damaged = Buffer.from(whole)
        damaged[at]! ^= 1 << (at % 8)
        expectFound(damaged, `with byte ${at} flipped`)
      }
      for (let length = 0; length < whole.length; length += 13) {
        expectFound(whole.subarray(0, length), `cut to ${length} bytes`)
      }
      for (const byte of ['\0', '\n', ' ', '}']) {
        expectFound(Buffer.concat([whole, Buffer.from(byte)]), `with ${JSON.stringify(byte)} behind it`)
      }
      writeFileSync(file, whole)
    }
    expect(verifyResult(directory, { committed: null }).findings).toEqual([])
  })

  test('ends with 1 for a damaged file, and names it', () => {
    const directory = copy('damaged')
    const table = join(directory, 'result.jsonl')
    writeFileSync(table, readFileSync(table, 'utf8').replace('"value":3', '"value":4'))
    const { status, stdout, stderr } = shop.run('verify', 'damaged')
    expect(status).toBe(1)
    expect(stdout).toContain('Result damaged is damaged:\n  result.jsonl was changed: its SHA-256 is ')
    expect(stdout).not.toContain('digest')
    expect(stderr).toContain('run the job again')
  })

  test('names what is missing and what does not belong, escaping what a terminal would act upon', () => {
    const directory = copy('strayed')
    writeFileSync(join(directory, 'evil\u001b[2J'), '')
    renameSync(join(directory, 'result.jsonl'), join(directory, 'results.jsonl'))
    const { status, stdout } = shop.run('verify', 'strayed')
    expect(status).toBe(1)
    expect(stdout).toContain('  result.jsonl is missing.\n')
    expect(stdout).toContain('  results.jsonl does not belong to the result.\n')
    expect(stdout).toContain('  evil\\u001b[2J does not belong to the result.\n')
    rmSync(join(directory, 'manifest.json'))
    const without = shop.run('verify', 'strayed')
    expect(without.status).toBe(1)
    expect(without.stdout).toContain('manifest.json is missing.')
  })

  test('tells a file that was put beside those of a result from damage of one of them; exit code 1 for both', () => {
    const directory = copy('beside')
    writeFileSync(join(directory, 'month.png'), 'PNG')
    const { status, stdout, stderr } = shop.run('verify', 'beside')
    expect(status).toBe(1)
    expect(stdout).toBe(
      'Result beside holds what does not belong to it; its own files are as they were written:\n' +
        '  month.png does not belong to the result.\n',
    )
    expect(stderr).toContain('Move that somewhere else')
    expect(JSON.parse(shop.run('verify', 'beside', '--json').stdout)).toMatchObject({
      status: 'damaged',
      findings: [{ kind: 'stray', file: 'month.png' }],
    })
    writeFileSync(join(directory, 'result.jsonl'), '')
    expect(shop.run('verify', 'beside').stdout).toMatch(/^Result beside is damaged:\n/)
  })

  test('finds an edited manifest; show and a run over it refuse it as well', () => {
    const directory = copy('edited')
    const file = join(directory, 'manifest.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"records": 3', '"records": 4'))
    const { status, stdout } = shop.run('verify', 'edited')
    expect(status).toBe(1)
    expect(stdout).toContain('manifest.json was changed')
    const shown = shop.run('show', 'edited')
    expect(shown.status).toBe(1)
    expect(shown.stderr).toContain('is not as it was written')
    expect(shop.run('run', 'tags.job.ts', 'in', '-o', 'edited', '-w', '1').status).toBe(2)
  })

  test('finds a row that was taken away with size, hash and count set right', () => {
    const directory = copy('shortened')
    const table = join(directory, 'result.jsonl')
    const before = readFileSync(table)
    const after = before.subarray(before.indexOf('\n') + 1)
    writeFileSync(table, after)
    reseal(directory, (text) =>
      text
        .replace('"rows": 5', '"rows": 4')
        .replace(`"bytes": ${before.length},`, `"bytes": ${after.length},`)
        .replace(sha256(before), sha256(after)),
    )
    const { status, stdout } = shop.run('verify', 'shortened', '--json')
    expect(status).toBe(1)
    expect(JSON.parse(stdout).findings).toMatchObject([{ kind: 'digest', file: 'manifest.json' }])
  })

  test('finds by its run what was forged with the digest set right, and a manifest sealed again', () => {
    const run = shop.run('run', 'tags.job.ts', 'in', '-o', 'forged', '-w', '1')
    const forgedDigest = shop.digestOf(run)
    const directory = join(shop.folder, 'forged')
    const table = join(directory, 'result.jsonl')
    const before = readFileSync(table)
    const after = Buffer.from(before.toString().replace('"value":3', '"value":9'))
    writeFileSync(table, after)
    const rows = `sha256:${sha256(`table result\n${after}`)}`
    reseal(directory, (text) => text.replace(forgedDigest, rows).replace(sha256(before), sha256(after)))
    expect(shop.run('verify', 'forged').status).toBe(0)
    const byRun = shop.run('verify', 'last', '--json')
    expect(byRun.status).toBe(1)
    expect(JSON.parse(byRun.stdout)).toMatchObject({
      digest: { stated: forgedDigest, recomputed: rows },
      findings: [
        { kind: 'claim' },
        { kind: 'claim' },
        { kind: 'claim' },
        { kind: 'changed', file: 'result.jsonl' },
      ],
    })
  })

  test('says what was done without, and ends with 0 as the run did', () => {
    shop.write('gap/2020-01-01.txt', 'a\n')
    shop.write('gap/2020-01-03.txt', 'a\n')
    const days = ['--expect', '2020-01-01..2020-01-03', '--accept', '2020-01-02']
    const run = shop.run('run', 'tags.job.ts', 'gap', '-o', 'gap-result', '-w', '1', ...days)
    expect(run.status).toBe(0)
    const { status, stdout } = shop.run('verify', 'gap-result')
    expect(status).toBe(0)
    expect(stdout).toContain('is as it was written, but incomplete, as accepted.')
    expect(stdout).toMatch(/ {2}without: .*2020-01-02/)
    const json = JSON.parse(shop.run('verify', 'gap-result', '--json').stdout)
    expect(json).toMatchObject({
      status: 'intact',
      complete: false,
      accepted: [{ kind: 'input', accepted: true }],
    })
  })

  test.each(['json', 'csv', 'tsv'])('checks a result in %s, and says what that does not tell', (format) => {
    const name = `as-${format}`
    expect(shop.run('run', 'tags.job.ts', 'in', '-o', name, '-w', '1', '--format', format).status).toBe(0)
    const { status, stdout } = shop.run('verify', name)
    expect(status).toBe(0)
    expect(stdout).toContain(`digest ${digest}`)
    expect(/not checked: .*order of keys and digest/.test(stdout)).toBe(format !== 'json')
    const file = join(shop.folder, name, `result.${format}`)
    writeFileSync(file, `${readFileSync(file, 'utf8')}x`)
    expect(shop.run('verify', name).status).toBe(1)
  })

  test('ends with 2 where there is no result: nothing named, a refused run, one that was replaced or moved', () => {
    expect(shop.run('verify').status).toBe(2)
    expect(shop.run('verify', 'nowhere').stderr).toContain('does not exist')
    expect(shop.run('verify', 'in/2020-01-01.txt').status).toBe(2)
    const days = ['--expect', '2020-01-01..2020-01-03']
    expect(shop.run('run', 'tags.job.ts', 'in', '-w', '1', ...days).status).toBe(3)
    const refused = shop.run('verify', 'last')
    expect(refused.status).toBe(2)
    expect(refused.stderr).toContain('has no result')

    expect(shop.run('run', 'tags.job.ts', 'in', '-o', 'place', '-w', '1').status).toBe(0)
    const first = JSON.parse(shop.run('verify', 'place', '--json').stdout).run
    expect(shop.run('run', 'tags.job.ts', 'in/2020-01-02.txt', '-o', 'place', '-w', '1').status).toBe(0)
    const replaced = shop.run('verify', first)
    expect(replaced.status).toBe(2)
    expect(replaced.stderr).toContain('is not there any more')
    renameSync(join(shop.folder, 'place'), join(shop.folder, 'moved'))
    const moved = shop.run('verify', 'last')
    expect(moved.status).toBe(2)
    expect(moved.stderr).toContain('Name the directory it was moved to.')
    expect(shop.run('verify', 'moved').status).toBe(0)
    mkdirSync(join(shop.folder, 'empty'))
    expect(shop.run('verify', 'empty').stderr).toContain('is neither a result nor a run')
    expect(shop.run('verify', 'empty').status).toBe(2)
  })
})
