import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { appArguments, startAppContainer } from './app-container.ts'
import type { Engine } from './engine.ts'
import { type AppContainer, findAppContainer, holdsPort } from './list-app-containers.ts'

const order = {
  name: 'hello',
  place: '/home/hello, world/app.ts',
  image: 'an-image',
  command: ['node', 'app.mjs'],
  mounts: [{ path: '/data/a:b', isWritable: false }],
  port: 5678,
  insidePort: 8080,
  limits: { memoryBytes: 2 ** 20, processesMax: 9, cpus: 1, openFilesMax: 99 },
  tokenFile: null,
}

describe('appArguments', () => {
  it.each([
    [{ kind: 'podman', isRootless: true }, ['--user', '0:0']],
    [{ kind: 'podman', isRootless: false }, ['--user', '7:8']],
    [{ kind: 'docker', isRootless: true }, ['--user', '0:0']],
  ] as const)('says to %o what it needs, and to publish its port nowhere but at loopback', (engine, user) => {
    const args = appArguments(engine, order, { uid: 7, gid: 8 })
    expect(args.join(' ')).toContain(user.join(' '))
    expect(args.slice(args.indexOf('--publish'), args.indexOf('--publish') + 2)).toEqual([
      '--publish',
      '127.0.0.1:5678:8080',
    ])
    expect(args).toEqual(
      expect.arrayContaining(['--pull=never', '--read-only', 'on-failure:5', 'no-new-privileges']),
    )
    expect(args).toContain('type=bind,source=/data/a:b,target=/data/a:b,readonly')
    expect(args.slice(-3)).toEqual(['an-image', 'node', 'app.mjs'])
  })

  it('bounds each process where the engine takes limits and nothing comes of them', () => {
    const rootless = { kind: 'podman', isRootless: true } as const
    const user = { uid: 7, gid: 8 }
    const memoryBytes = 2 ** 29
    const args = appArguments(rootless, { ...order, limits: { ...order.limits, memoryBytes } }, user, false)
    expect(args).toContain(`data=${memoryBytes}:${memoryBytes}`)
    // With less not even the engine's own program starts.
    expect(appArguments(rootless, order, user, false)).toContain(`data=${2 ** 27}:${2 ** 27}`)
    expect(appArguments(rootless, order, user, true).join(' ')).not.toMatch(/data=/)
  })

  it('marks the page of tallyman by the file with its token', () => {
    const rootless = { kind: 'podman', isRootless: true } as const
    const args = appArguments(rootless, { ...order, tokenFile: '/home/token' }, { uid: 7, gid: 8 })
    expect(args).toContain('tallyman.token=/home/token')
  })
})

describe('holdsPort', () => {
  const app: AppContainer = {
    ...{ name: 'hello', state: 'running', exitCode: 0, pid: 7, restarts: 0, port: 5678, insidePort: 8080 },
    ...{ startedAt: '2026-11-29T08:00:00Z', tokenFile: null, place: null },
  }

  it('is so while it runs, and while it is down until its next start', () => {
    expect(holdsPort(app)).toBe(true)
    expect(holdsPort({ ...app, state: 'exited', exitCode: 1, restarts: 4 })).toBe(true)
    expect(holdsPort({ ...app, state: 'exited', exitCode: 1, restarts: 5 })).toBe(false)
    expect(holdsPort({ ...app, state: 'exited', exitCode: 0 })).toBe(false)
  })
})

describe('an engine that', () => {
  const folder = tempFolder()
  afterAll(() => folder.remove())

  /** A program in its place, and what it was asked for, by the first words. */
  function engineThat(
    name: string,
    code: string,
  ): { readonly engine: Engine; readonly asked: () => string[] } {
    const calls = folder.at(`${name}.calls`)
    const file = folder.at(name)
    writeFileSync(file, `#!/bin/sh\necho "$1" >>'${calls}'\n${code}\n`)
    chmodSync(file, 0o755)
    const engine = { kind: 'podman', version: '4.3.1', isRootless: false, command: [file] } as const
    return { engine, asked: () => readFileSync(calls, 'utf8').trimEnd().split('\n') }
  }

  it.each([
    ['podman', 'Error: creating container storage: the container name "a" is already in use by 1f.'],
    ['docker', 'docker: Error response from daemon: Conflict. The container name "/a" is already in use by'],
  ])('has the container by now, as %s says it, has it removed, and starts its own', async (kind, said) => {
    const { engine, asked } = engineThat(
      kind,
      `[ "$1" = run ] && [ ! -e "$0.removed" ] && { echo '${said}' >&2; exit 125; }\n[ "$1" = rm ] && : >"$0.removed"\nexit 0`,
    )
    await startAppContainer(engine, order)
    expect(asked()).toEqual(['run', 'rm', 'run'])
  })

  it('has no such container says so, and what it says else is an error', async () => {
    const none = engineThat('none', 'echo \'Error: inspecting object: no such container "a"\' >&2; exit 125')
    expect(await findAppContainer(none.engine, 'a')).toBe(null)
    const ill = engineThat('ill', "echo 'Error: database is locked' >&2; exit 125")
    await expect(findAppContainer(ill.engine, 'a')).rejects.toMatchObject({
      code: 'engine-unfit',
      message: expect.stringContaining('the container of a cannot be looked at: database is locked'),
    })
  })
})
