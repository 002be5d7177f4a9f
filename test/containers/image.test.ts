/** tallyman in an image of its own, and what `manifest` writes, really started: by Podman as a pod, by podman-compose; a stack is read by Docker's client. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findEngine } from '../../src/host/index.ts'
import { hasEngine } from '../fixtures/engine.ts'
import { freePort } from '../fixtures/page-server.ts'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const image = `localhost/tallyman-test:${process.pid}`
const base = `localhost/tallyman-test-base:${process.pid}`
const port = freePort() + 400
const has = (program: string, ...args: readonly string[]): boolean => spawnSync(program, args).status === 0

let shop: Workshop
let podman: readonly string[] = []
/** What every command of Podman is told where somebody else writes its command lines. */
let settings = ''

function ask(...args: readonly string[]): Ended {
  const [program = '', ...options] = podman
  return spawnSync(program, [...options, ...args], {
    encoding: 'utf8',
    timeout: 200_000,
    env: { ...process.env, CONTAINERS_CONF: settings },
  })
}

function manifest(kind: string): string {
  const options = [
    '-o',
    'out',
    '--workers',
    '2',
    '--memory',
    '600M',
    '--port',
    String(port),
    '--image',
    image,
  ]
  const written = shop.run('manifest', kind, 'words.job.ts', 'in*.txt', ...options)
  expect(written, written.stderr).toMatchObject({ status: 0 })
  return written.stdout
}

function digestOfResult(): string {
  return shop.digestOf(shop.run('show', 'out'))
}

async function statusOfPage(query = ''): Promise<number> {
  return (
    await fetch(`http://localhost:${port}/${query}`, {
      redirect: 'manual',
      // Where nothing leads to it, what holds the port for it accepts and says nothing.
      signal: AbortSignal.timeout(2000),
    })
  ).status
}

/** Addresses that something listens at with this port, as /proc/net/tcp and tcp6 write them (proc(5)). */
function addressesAt(listened: number): string[] {
  const files = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFileSync(file, 'utf8'))
  const at = new RegExp(`: ([0-9A-F]+):${listened.toString(16).toUpperCase().padStart(4, '0')} \\S+ 0A`, 'g')
  return files.flatMap((text) => [...text.matchAll(at)].map(([, address = '']) => address))
}

const isReady =
  requires('a container engine', hasEngine) &&
  requires('python3 with yaml', has('python3', '-c', 'import yaml')) &&
  requires('podman-compose', has('podman-compose', '--version')) &&
  requires('a docker client', has('docker', '--version'))

describe.skipIf(!isReady)('the image', () => {
  beforeAll(async () => {
    podman = (await findEngine('podman')).command
    shop = new Workshop()
    shop.job('words.job.ts', "for (const word of line.split(' ')) emit(word)")
    shop.write('in1.txt', 'to be or not to be\n'.repeat(50))
    shop.write('in2.txt', 'that is the question\n')
    settings = shop.write(
      'containers.conf',
      `[engine]\n${podman.includes('runc') ? 'runtime = "runc"\n' : ''}[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n`,
    )
    const made = spawnSync(process.execPath, ['tools/node-base.mjs', base], { cwd: root, encoding: 'utf8' })
    expect(made, made.stderr).toMatchObject({ status: 0 })
    const packages = join(homedir(), '.npm')
    const built = ask(
      ...[
        'build',
        '--format',
        'docker',
        '--layers=false',
        '--ulimit',
        'nofile=4096:4096',
        '--ulimit',
        'nproc=4096:4096',
      ],
      // What this machine has fetched before is not fetched again.
      ...(existsSync(packages) ? ['--volume', `${packages}:/root/.npm`] : []),
      ...['--build-arg', `BASE=${base}`, '--tag', image, root],
    )
    expect(built, built.stderr).toMatchObject({ status: 0 })
  })
  afterAll(() => {
    const pause = ask('image', 'ls', '--quiet', '--filter', 'reference=localhost/podman-pause').stdout.split(
      '\n',
    )
    ask('image', 'rm', '--force', image, base, ...new Set(pause.filter((id) => id !== '')))
    ask('network', 'rm', 'podman-default-kube-network')
    shop.remove()
  })

  it('is small, is nobody in particular, and tells whether its page answers', () => {
    const format = '{{.Size}} {{.Config.User}} {{json .Config.Healthcheck.Test}}'
    const [size, user, ...test] = ask('image', 'inspect', '--format', format, image).stdout.trim().split(' ')
    expect(Number(size)).toBeLessThan(200e6)
    expect(user).toBe('1000:1000')
    expect(test.join(' ')).toMatch(/^\["CMD","node"/)
  })

  it('runs the job that `manifest kubernetes` describes within its limits, and its page, as pods', async () => {
    const read = 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin))))'
    const parsed = spawnSync('python3', ['-c', read], { input: manifest('kubernetes'), encoding: 'utf8' })
    const [job, deployment, service] = JSON.parse(parsed.stdout)
    expect([job.kind, deployment.kind, service.kind]).toEqual(['Job', 'Deployment', 'Service'])
    expect(service.spec.selector).toEqual(deployment.spec.template.metadata.labels)
    // Podman of Debian 12 plays pods, and does not know what makes one for a job.
    const { metadata, spec } = job.spec.template
    const pod = shop.write('pod.json', JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec }))
    const played = ask('kube', 'play', pod)
    expect(played, played.stderr).toMatchObject({ status: 0 })
    await until('the end of the job', () => ask('wait', 'words-words').status === 0)
    const limits = '{{.State.ExitCode}} {{.HostConfig.Memory}} {{.HostConfig.ReadonlyRootfs}}'
    expect(ask('inspect', '--format', limits, 'words-words').stdout).toBe(`0 ${690 * 2 ** 20} true\n`)
    ask('kube', 'down', pod)
    expect(digestOfResult()).toBe(shop.digestOf(shop.run('run', 'words.job.ts', 'in1.txt', 'in2.txt')))

    // Outside of a cluster its port is one of this machine, by which others have theirs as well.
    const [published] = deployment.spec.template.spec.containers[0].ports
    expect(published).toEqual({ containerPort: 8080, hostIP: '127.0.0.1' })
    published.hostPort = port
    const page = shop.write('page.json', JSON.stringify(deployment))
    const served = ask('kube', 'play', page)
    expect(served, served.stderr).toMatchObject({ status: 0 })
    await until('the page', () => statusOfPage().catch(() => null))
    expect(await statusOfPage()).toBe(401)
    const token = spawnSync('cat', [join(shop.folder, 'home/page-token')], { encoding: 'utf8' }).stdout.trim()
    expect(await statusOfPage(`?token=${token}`)).toBe(303)
    expect(addressesAt(port)).toEqual(['0100007F'])
    ask('kube', 'down', page)
  })

  it('runs both as `manifest compose` describes them', async () => {
    const file = shop.write('compose.yaml', manifest('compose'))
    spawnSync('rm', ['-r', join(shop.folder, 'out')])
    const project = `tallyman-test-${process.pid}`
    const compose = (...args: readonly string[]): Ended =>
      spawnSync('podman-compose', ['-p', project, '-f', file, ...args], {
        encoding: 'utf8',
        timeout: 60_000,
        env: { ...process.env, CONTAINERS_CONF: settings },
      })
    const started = compose('up', '--detach')
    try {
      expect(ask('wait', `${project}_words_1`).stdout, started.stdout + started.stderr).toBe('0\n')
      expect(digestOfResult()).toMatch(/^sha256:/)
      await until('the page', () => statusOfPage().catch(() => null))
      expect(ask('healthcheck', 'run', `${project}_page_1`).status).toBe(0)
    } finally {
      compose('down')
      ask('network', 'rm', '--force', `${project}_open`, `${project}_closed`)
    }
  })

  it("is what the project's own compose.yaml serves the page of runs from", async () => {
    const file = shop.write('own/compose.yaml', readFileSync(join(root, 'compose.yaml')))
    const { folder } = shop
    spawnSync('mkdir', ['-p', join(folder, 'own/.tallyman')])
    const project = `tallyman-own-${process.pid}`
    const env = {
      ...{ ...process.env, CONTAINERS_CONF: settings },
      ...{ TALLYMAN_IMAGE: image, TALLYMAN_PORT: String(port), TALLYMAN_USER: '0:0' },
    }
    const compose = (...args: readonly string[]): Ended =>
      spawnSync('podman-compose', ['-p', project, '-f', file, ...args], {
        ...{ encoding: 'utf8', timeout: 60_000, cwd: join(folder, 'own'), env },
      })
    const started = compose('up', '--detach', '--no-build')
    try {
      await until('the page', () => statusOfPage().catch(() => null))
      const [link = ''] = /http:\/\/127\.0\.0\.1:\S+/.exec(ask('logs', `${project}_page_1`).stdout) ?? []
      expect(new URL(link).port, started.stdout + started.stderr).toBe(String(port))
      expect(await statusOfPage(new URL(link).search)).toBe(303)
      expect(addressesAt(port)).toEqual(['0100007F'])
    } finally {
      compose('down')
      ask('network', 'rm', '--force', `${project}_default`)
    }
  })

  it('is what a stack of Swarm is written with that Docker takes', () => {
    const file = shop.write('stack.yaml', manifest('swarm'))
    const checked = spawnSync('docker', ['stack', 'config', '--compose-file', file], { encoding: 'utf8' })
    expect(checked, checked.stderr).toMatchObject({ status: 0 })
    expect(checked.stdout).toContain('mode: replicated-job')
  })
})
