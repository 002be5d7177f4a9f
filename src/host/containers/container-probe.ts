import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { anyFreePort } from '../ports/ports.ts'
import { removeAppContainer, startAppContainer } from './app-container.ts'
import { askEngine } from './ask-engine.ts'
import { containerArguments } from './container-arguments.ts'
import type { Engine } from './engine.ts'
import { engineUnfit } from './engine-trouble.ts'
import { type InsideLimits, insideLimitFiles, insideLimitsFrom } from './inside-limits.ts'
import type { WorkerImage } from './worker-image.ts'

/** What was found out by running a container as those of workers are run. */
export interface ContainerProof {
  /** From starting it until it was gone. */
  readonly ms: number
  /** What is said inside of its limits. */
  readonly limits: InsideLimits
  /** Was a process in it ended that took more memory than it may? */
  readonly holdsMemory: boolean
  /** Was it refused more processes than it may have? */
  readonly holdsProcesses: boolean
}

const MiB = 2 ** 20
const asked = { memoryBytes: 128 * MiB, processesMax: 64, cpus: 1, openFilesMax: 1024 } as const
const killed = 137
const started = 7

/** Takes twice the memory it may, then starts half as many processes again as it may. Argument: Node. */
const exceed = `
for file in ${insideLimitFiles.join(' ')}; do
  if read -r value </sys/fs/cgroup/$file; then echo "limit $file $value"; fi
done 2>/dev/null
"$1" -e 'const held = []; for (let i = 0; i < 32; i++) held.push(Buffer.alloc(${8 * MiB}, 1))' 2>/dev/null
echo "memory $?"
( i=0; while [ $i -lt 96 ]; do sleep 5 & i=$((i+1)); done; exit ${started} ) 2>/dev/null
echo "processes $?"
`

/**
 * Runs a container as those of workers are run, and has it exceed its limits: what an engine says of them proves nothing.
 *
 * @throws {TallymanError} `engine-unfit` where it does not run
 *
 * Cost: one container, about a second.
 */
export async function probeContainer(engine: Engine, image: WorkerImage): Promise<ContainerProof> {
  const order = {
    name: `tallyman-doctor-${process.pid}`,
    labels: {},
    image: image.name,
    command: ['/bin/sh', '-c', exceed, 'probe', image.node],
    environment: {},
    mounts: [],
    limits: asked,
  }
  const user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  const startMs = performance.now()
  const { stdout, stderr, status } = await askEngine(
    engine.command,
    containerArguments(engine, order, user),
    'act',
  )
  const lines = stdout.split('\n').map((line) => line.trim().split(' '))
  const codeOf = (what: string): string | undefined => lines.find(([word]) => word === what)?.[1]
  if (codeOf('processes') === undefined)
    throw engineUnfit(engine.kind, `a container does not run (exit code ${status})`, stderr)
  const contents = new Map(
    lines.filter(([word]) => word === 'limit').map(([, file, ...rest]) => [file, rest.join(' ')]),
  )
  return {
    ms: performance.now() - startMs,
    limits: insideLimitsFrom((file) => contents.get(file) ?? null),
    holdsMemory: codeOf('memory') === String(killed),
    holdsProcesses: codeOf('processes') !== String(started),
  }
}

const publishedPort = 8080
const answerWithinMs = 10_000

/**
 * Runs a container as those of `up` are run, with a port of it at the loopback address, and asks it something.
 *
 * @returns null where it answers, else what happened instead
 * @throws {TallymanError} `engine-unfit` where it does not start
 *
 * Cost: one container, about a second.
 */
export async function probePublishedPort(engine: Engine, image: WorkerImage): Promise<string | null> {
  const name = `doctor-${process.pid}`
  const port = await anyFreePort()
  const code = `require('http').createServer((_, answer) => answer.end('${name}')).listen(${publishedPort}, '0.0.0.0')`
  const limits = { ...asked, processesMax: 256 }
  const command = [image.node, '-e', code]
  await startAppContainer(engine, {
    name,
    place: '',
    image: image.name,
    command,
    mounts: [],
    port,
    insidePort: publishedPort,
    limits,
    tokenFile: null,
  })
  try {
    const endMs = performance.now() + answerWithinMs
    while (performance.now() < endMs) {
      if ((await read(port)) === name) return null
      await sleep(100)
    }
    return `a container's port, published at 127.0.0.1:${port}, did not answer within ${answerWithinMs / 1000} s`
  } finally {
    await removeAppContainer(engine, name)
  }
}

function read(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, timeout: 1000, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.once('close', () => resolve(text))
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve(null))
  })
}
