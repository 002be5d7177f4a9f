/** A container engine that hangs: each command that asks it says so, with what was asked and the way out, and ends. */
import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, Workshop } from '../fixtures/program.ts'

let shop: Workshop

beforeAll(() => {
  shop = new Workshop()
  shop.run('new', '--app', 'hello')
  shop.job('words.job.ts', 'emit(line)')
  shop.write('in.txt', 'to be\n')
})
afterAll(() => shop.remove())

/** A `podman` that answers these commands with nothing, and never the others. */
function podmanThat(name: string, ...answered: readonly string[]): string {
  const file = shop.write(
    `${name}/podman`,
    `#!/bin/sh\n[ "$1" = --runtime ] && shift 2\ncase $1 in\n--version) echo podman version 4.3.1 ;;\n${answered
      .map((command) => `${command}) ;;\n`)
      .join('')}*) exec sleep 1000 ;;\nesac\n`,
  )
  chmodSync(file, 0o755)
  return join(shop.folder, name)
}

function tallymanWith(bin: string, ...args: readonly string[]): Ended {
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, TALLYMAN_ENGINE_WAIT: '0.5' }
  return shop.runIn({ env: { ...env, TALLYMAN_ENGINE: 'podman' } }, ...args)
}

describe('what is called podman and is none', () => {
  it.each([
    ['greets', '#!/bin/sh\necho hello\n', /podman does not say its version \(but "hello"\)/],
    ['is no program', 'not a program', /podman does not start/],
    [
      'knows its version alone',
      '#!/bin/sh\n[ "$1" = --version ] && echo podman version 4.3.1 || echo "{{{"\n',
      /podman does not say what it was asked/,
    ],
    [
      'never stops talking',
      '#!/bin/sh\n[ "$1" = --version ] && echo podman version 4.3.1 || exec cat /dev/zero\n',
      /podman said more than 16 MiB to `podman .*ps --all/,
    ],
  ])('is told of where it %s, with how it is found', (what, code, reason) => {
    const bin = what.replaceAll(' ', '-')
    chmodSync(shop.write(`${bin}/podman`, code), 0o755)
    const env = {
      PATH: `${join(shop.folder, bin)}${delimiter}${process.env.PATH}`,
      TALLYMAN_ENGINE: 'podman',
    }
    const ended = shop.runIn({ env }, 'ps')
    expect(ended).toMatchObject({ status: 1, stderr: expect.stringMatching(reason) })
    expect(ended.stderr).toContain('type -a podman')
  })
})

describe('an engine that hangs', () => {
  it.each([
    ['up', ['up', 'hello'], 'ps'],
    ['ps', ['ps'], 'ps'],
    ['down', ['down', 'hello'], 'ps'],
    ['logs of an app', ['logs', 'hello'], 'ps'],
    ['run', ['run', 'words.job.ts', 'in.txt', '--isolation', 'container'], 'image inspect'],
    ['clean', ['clean', '--images'], 'image ls'],
  ])('is told of by %s', (_what, args, asked) => {
    const said = new RegExp(
      `podman does not answer: \`podman .*${asked}.*\` was not through after 0\\.5 s.*\\n.*podman ps.*TALLYMAN_ENGINE_WAIT`,
    )
    expect(tallymanWith(podmanThat('hangs'), ...args)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(said),
    })
  })

  it('is broken to doctor, which says what mends it', () => {
    const { status, stdout } = tallymanWith(podmanThat('hangs'), 'doctor', '--json')
    const findings = stdout.split('\n').filter(Boolean)
    const engine = findings.map((line) => JSON.parse(line)).find(({ about }) => about === 'container engine')
    expect(status).toBe(1)
    expect(engine).toMatchObject({
      verdict: 'broken',
      what: expect.stringContaining('podman does not answer'),
      fixes: expect.arrayContaining([{ command: 'podman system migrate', asRoot: false }]),
    })
  })

  it('ends a run whose containers it does not start; the next command looks for what may be left', () => {
    const run = tallymanWith(
      podmanThat('no-run', 'image'),
      ...['run', 'words.job.ts', 'in.txt', '--isolation', 'container'],
    )
    expect(run).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/podman does not answer: `podman .*(run --rm|rm --force|ps --all)/),
    })
    const notes = (): string[] =>
      readdirSync(join(shop.folder, 'home/runs'))
        .map((id) => join(shop.folder, 'home/runs', id, 'containers.json'))
        .filter((file) => existsSync(file))
    expect(notes()).toHaveLength(1)
    expect(tallymanWith(podmanThat('hangs'), 'runs').stderr).toMatch(
      /Containers of run \S+ may be left: podman does not answer/,
    )
    expect(notes()).toHaveLength(1)
    // One that does not tell which there are has not said that there are none.
    const unable = shop.write(
      'unable/podman',
      '#!/bin/sh\n[ "$1" = --version ] && echo podman version 4.3.1 || exit 125\n',
    )
    chmodSync(unable, 0o755)
    tallymanWith(join(shop.folder, 'unable'), 'runs')
    expect(notes()).toHaveLength(1)
    tallymanWith(podmanThat('answers', 'ps', 'rm'), 'runs')
    expect(notes()).toEqual([])
  })
})
