import { describe, expect, it } from 'vitest'
import { type ContainerOrder, containerArguments, mountOptions } from './container-arguments.ts'

const order: ContainerOrder = {
  name: 'one',
  labels: { 'tallyman.run': 'abc' },
  image: 'image:tag',
  command: ['node', 'worker.js'],
  environment: { TZ: 'Asia/Seoul' },
  mounts: [
    { path: '/data/a:b.txt', isWritable: false },
    { path: '/tmp/x', isWritable: true, target: '/run/line' },
  ],
  limits: { memoryBytes: 300_000_000, processesMax: 200, cpus: 2, openFilesMax: 4096 },
}
const user = { uid: 1000, gid: 100 }

/** Value of an option that stands there once. */
function optionOf(args: readonly string[], option: string): string | undefined {
  return args[args.indexOf(option) + 1]
}

describe('containerArguments', () => {
  const engines = (['podman', 'docker'] as const).flatMap((kind) =>
    [true, false].map((isRootless) => ({ kind, isRootless })),
  )

  it.each(engines)('takes everything away that a worker does not need: %o', (engine) => {
    const args = containerArguments(engine, order, user)
    expect(args).toEqual(expect.arrayContaining(['--read-only', '--pull=never', '--rm', 'no-new-privileges']))
    expect(optionOf(args, '--network')).toBe('none')
    expect(optionOf(args, '--cap-drop')).toBe('ALL')
    expect(optionOf(args, '--memory')).toBe('300000000b')
    expect(optionOf(args, '--memory-swap')).toBe('300000000b')
    expect(optionOf(args, '--pids-limit')).toBe('200')
    expect(args).toEqual(expect.arrayContaining(['nofile=4096:4096', 'nproc=200:200']))
    expect(args).not.toContain('--privileged')
    expect(args.slice(-3)).toEqual(['image:tag', 'node', 'worker.js'])
  })

  it('mounts what is read so that it cannot be written, and takes paths with a colon', () => {
    const args = containerArguments({ kind: 'podman', isRootless: true }, order, user)
    expect(args).toContain('type=bind,source=/data/a:b.txt,target=/data/a:b.txt,readonly')
    expect(args).toContain('type=bind,source=/tmp/x,target=/run/line')
    expect(mountOptions({ path: '/a,"b"', isWritable: false })).toEqual([
      '--mount',
      'type=bind,"source=/a,""b""","target=/a,""b""",readonly',
    ])
  })

  it('has files belong to the user, whoever is root inside', () => {
    const userOf = (kind: 'podman' | 'docker', isRootless: boolean): string | undefined => {
      const args = containerArguments({ kind, isRootless }, order, user)
      return args.includes('--user') ? optionOf(args, '--user') : optionOf(args, '--userns')
    }
    expect(userOf('podman', false)).toBe('1000:100')
    expect(userOf('podman', true)).toBe('keep-id')
    expect(userOf('docker', false)).toBe('1000:100')
    expect(userOf('docker', true)).toBe('0:0')
  })
})
