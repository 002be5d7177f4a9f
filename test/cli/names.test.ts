/** Inputs with any name a file system takes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())
const job = shop.job('jobs/words.job.ts', 'emit(line)')

const oddNames = [
  'a b.txt',
  'c:d.txt',
  `q"uo'te.txt`,
  'new\nline.txt',
  '-dash.txt',
  '\u001b[31mred.txt',
  '\u202egnp.txt',
  '日本.txt',
  '👨\u200d👩\u200d👧.txt',
  '[x].txt',
  '{a,b}.txt',
  '*star*.txt',
  'what?.txt',
  '$HOME.txt',
  'back\\slash.txt',
  '#hash!.txt',
  'trailing .txt ',
]
for (const name of oddNames) shop.write(join('odd', name), `${name.length}\n`)

describe('tallyman run over odd names', () => {
  it('reads every file of a directory, and shows no name raw', () => {
    const { status, stdout, stderr } = shop.run('run', job, 'odd', '--dry-run')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`Reads ${oddNames.length} files, `)
    expect(stdout).not.toMatch(/[\u001b\r\u202e]/)
    for (const shown of [
      'odd/\\u001b[31mred.txt',
      'odd/new\\nline.txt',
      'odd/\\u202egnp.txt',
      'odd/日本.txt',
      'odd/a b.txt',
    ])
      expect(stdout).toContain(`\n  ${shown}  `)
  })

  it('reads each by its name, whatever a pattern or an option would make of it', () => {
    const { status, stderr } = shop.runIn(
      { cwd: 'odd' },
      'run',
      '../jobs/words.job.ts',
      '-q',
      '-o',
      '../named',
      '--',
      ...oddNames,
    )
    expect([status, stderr]).toEqual([0, ''])
    const { records, inputs } = JSON.parse(shop.run('show', 'named', '--json').stdout)
    expect(records).toBe(oddNames.length)
    expect(inputs.map(({ path }: { readonly path: string }) => path).sort()).toEqual([...oddNames].sort())
  })

  it('says what to do about a name that looks like an option', () => {
    const { status, stderr } = shop.runIn({ cwd: 'odd' }, 'run', '../jobs/words.job.ts', '-dash.txt')
    expect(status).toBe(2)
    expect(stderr).toContain('has no option "-dash.txt".\n')
    expect(stderr).toContain('If it is a name, write it after "--".')
  })

  it('shows a name in an error as it is typed, but for what a terminal acts upon', () => {
    const { status, stderr } = shop.run('run', job, 'odd/\u001b\u202enot there')
    expect(status).toBe(2)
    expect(stderr).toContain('Error: Input "odd/\\u001b\\u202enot there" does not exist.')
    expect(stderr).not.toMatch(/[\u001b\r\u202e]/)
  })
})

describe('tallyman run over names that are not UTF-8', () => {
  const bytes = (name: string): Buffer => Buffer.from(name, 'latin1')
  const folder = join(shop.folder, 'bytes')
  mkdirSync(folder)
  const path = Buffer.concat([Buffer.from(`${folder}/`), bytes('bad\xff\xe6\x97.txt')])
  writeFileSync(path, 'hello\n')

  it.each([['bytes'], ['bytes/bad*'], ['bytes/*.txt']])('reads them by %s', (input) => {
    expect(shop.run('run', job, input, '-o', '-', '-q')).toMatchObject({
      status: 0,
      stdout: '{"key":"hello","value":1}\n',
    })
  })

  it('shows their bytes as lone surrogates', () => {
    expect(shop.run('run', job, 'bytes', '--dry-run').stdout).toContain(
      '\n  bytes/bad\\udcff\\udce6\\udc97.txt  6 B, plain\n',
    )
  })

  it('accepts them by the option that is shown, as a shell passes it on', () => {
    shop.write('cut/whole.txt', 'hello\n')
    const cut = Buffer.concat([Buffer.from(`${join(shop.folder, 'cut')}/`), bytes('cut\xff.gz')])
    writeFileSync(cut, Buffer.from('1f8b08', 'hex'))
    const refused = shop.run('run', job, 'cut')
    expect(refused.status).toBe(3)
    const command = refused.stderr.trimEnd().split('\n').at(-1)?.trim() ?? ''
    expect(command).toMatch(/^tallyman resume \S+ --accept \$'cut\\xff\.gz'$/)
    expect(shop.shell(command)).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('Incomplete, as accepted: '),
    })
  })
})
