import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { TallymanError } from '../../errors.ts'
import { scratchFolder } from '../scratch-folder.ts'
import { askEngine, type EngineAnswer, endSoon, engineSilence, engineWithinMs } from './ask-engine.ts'
import type { Engine } from './engine.ts'
import { engineUnfit } from './engine-trouble.ts'
import { hashFiles, workerFiles } from './worker-files.ts'

/** What every image that tallyman made is called, before the colon. */
const imageName = 'localhost/tallyman-worker'

/** An image that workers can be started from. */
export interface WorkerImage {
  readonly name: string
  /** Path of Node in it. */
  readonly node: string
}

/**
 * The image of workers: the Node that runs this process, with the libraries it is linked to and a shell, copied from this machine. No
 * registry is asked. It is tagged by the content of its files, and made only where the engine has none of that tag.
 *
 * @param say told, in a sentence, when one is being made
 * @throws {TallymanError} `engine-unfit` where it cannot be made
 *
 * Cost: the files are read where they are others than the last time, a fifth of a second; making it takes two seconds and 110 MB of the engine's storage.
 */
export async function requireWorkerImage(
  engine: Engine,
  say: (message: string) => void = () => undefined,
): Promise<WorkerImage> {
  const node = process.execPath
  const files = await workerFiles(node)
  const name = `${imageName}:${(await hashFiles(files)).slice(0, 16)}`
  if (!(await hasImage(engine, name))) {
    say(`The image ${name} is made of Node ${process.version}, which takes a few seconds, once.`)
    await makeImage(engine, name, files)
  }
  return { name, node }
}

/**
 * An image of the user's own, which has Node and a shell.
 *
 * @throws {TallymanError} `engine-unfit` where the engine does not have it
 */
export async function requireOwnImage(engine: Engine, name: string): Promise<WorkerImage> {
  if (await hasImage(engine, name)) return { name, node: 'node' }
  throw new TallymanError('engine-unfit', `${engine.kind} has no image ${JSON.stringify(name)} here.`, {
    wayOut: `Fetch it first (${engine.kind} pull ${name}), or leave --image out to have one made of the Node that is here.`,
  })
}

/** What Podman says while another command of this user's stores or removes an image, whichever was asked for: it lists them all, and finds half of one. */
const halfAnImage = /locating item named|consider removing the image/i
const looksMax = 10
const againMs = 200

/** Asks of images. What is half there is all there or gone a moment later; where it stays so, what the engine says of it is the answer. */
async function askOfImages({ command }: Engine, args: readonly string[]): Promise<EngineAnswer> {
  for (let look = 1; ; look++) {
    const answer = await askEngine(command, ['image', ...args])
    if (answer.status === 0 || look === looksMax || !halfAnImage.test(answer.stderr)) return answer
    await sleep(againMs)
  }
}

async function hasImage(engine: Engine, name: string): Promise<boolean> {
  const { status, stderr } = await askOfImages(engine, ['inspect', '--format', '{{.Id}}', name])
  if (status === 0) return true
  if (/no such image|not known|not found/i.test(stderr)) return false
  throw engineUnfit(engine.command[0], 'images cannot be looked at', stderr)
}

/** Where the engine mounts what is not in the image, in a root that is read-only. */
const folders = ['proc', 'sys', 'dev', 'tmp', 'run', 'etc']

/**
 * The folders that files are in, from the root, each behind the one it is in. Those that an archive does not have, Docker makes for root alone, and
 * whoever is no root, or root without its capabilities, finds nothing in them. Pure.
 */
export function foldersOf(files: readonly string[]): string[] {
  const above = files.flatMap((file) => {
    const names = file.split('/').slice(1, -1)
    return names.map((_, depth) => names.slice(0, depth + 1).join('/'))
  })
  return [...new Set(above)]
}

/** Streams the files into the engine: they are stored under the paths they have here, links as what they lead to. */
async function makeImage(engine: Engine, name: string, files: readonly string[]): Promise<void> {
  const tree = scratchFolder('image')
  try {
    await packImage(engine, name, files, tree)
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

async function packImage(
  { command }: Engine,
  name: string,
  files: readonly string[],
  tree: string,
): Promise<void> {
  const inside = [...new Set([...folders, ...foldersOf(files)])]
  for (const folder of inside) mkdirSync(join(tree, folder), { recursive: true })
  const tar = spawn(
    'tar',
    [
      ...['--create', '--dereference', '--hard-dereference', '--absolute-names', '--no-recursion'],
      ...['--owner=0', '--group=0', '--mtime=@0', '--mode=a+rX,go-w', '--sort=name', '--transform=s,^/,,'],
      // Folders are not this machine's own: something in them may change while they are read.
      ...['--directory', tree, ...inside, '--directory=/', ...files],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const [program, ...options] = command
  const made = ['--change', `LABEL tallyman.image=${process.version}`, '-', name]
  const args = [...options, 'import', ...made]
  const load = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] })
  const withinMs = engineWithinMs('act')
  let isLate = false
  const late = setTimeout(() => {
    isLate = true
    load.stdin.destroy()
    for (const child of [load, tar]) endSoon(child)
  }, withinMs)
  const [said, packed] = await Promise.all([ended(load), ended(tar), pump(tar.stdout, load.stdin)])
  clearTimeout(late)
  if (isLate) throw engineSilence(program, args, withinMs)
  if (packed.status !== 0) throw engineUnfit('tar', `the image ${name} cannot be packed`, packed.stderr)
  if (said.status !== 0) throw engineUnfit(program, `the image ${name} cannot be made`, said.stderr)
}

/** A reader that ends early says why itself. */
async function pump(from: NodeJS.ReadableStream, to: NodeJS.WritableStream): Promise<void> {
  await pipeline(from, to).catch(() => undefined)
}

interface Ended {
  readonly status: number | null
  readonly stderr: string
}

function ended(child: ReturnType<typeof spawn>): Promise<Ended> {
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ status: null, stderr: error.message }))
    child.once('close', (status) => resolve({ status, stderr }))
  })
}

/** An image that tallyman made. */
export interface KeptImage {
  readonly id: string
  readonly name: string
  readonly bytes: number
}

/** The images that tallyman made for this user, in the engine's order. Cost: one command of the engine. */
export async function listImages(engine: Engine): Promise<KeptImage[]> {
  const filter = ['--filter', 'label=tallyman.image', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}']
  const { status, stdout, stderr } = await askOfImages(engine, ['ls', ...filter])
  if (status !== 0) throw engineUnfit(engine.command[0], 'images cannot be listed', stderr)
  const images = stdout.split('\n').filter((line) => line !== '')
  return await Promise.all(
    images.map(async (line) => {
      const [id = '', name = ''] = line.split(' ')
      const size = await askOfImages(engine, ['inspect', '--format', '{{.Size}}', id])
      return { id, name, bytes: Number(size.stdout.trim()) || 0 }
    }),
  )
}

/** Removes an image. Throws `engine-unfit` where the engine does not, as while a container runs from it. */
export async function removeImage(engine: Engine, { id, name }: KeptImage): Promise<void> {
  const { status, stderr } = await askEngine(engine.command, ['image', 'rm', id], 'act')
  if (status === 0) return
  if (!/in use|is using|being used/i.test(stderr))
    throw engineUnfit(engine.command[0], `the image ${name} stays`, stderr)
  throw new TallymanError('engine-unfit', `The image ${name} stays: a container has been started from it.`, {
    wayOut:
      'It may be of an app (`tallyman ps` lists those that are up, `tallyman down` ends one) or of a run that is at work (`tallyman runs`). Then say it again.',
  })
}
