/** What the image of workers is made of: files of this machine. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { TallymanError } from '../../errors.ts'
import { readSmallFile } from '../small-file.ts'
import { askEngine } from './ask-engine.ts'
import { findOnPath } from './engine.ts'
import { engineUnfit } from './engine-trouble.ts'

/** Programs that are put beside Node: what the first process of a container is made of, and the least a job may ask for. */
const programs = ['sh', 'env', 'setsid', 'sleep', 'cat']

/**
 * Absolute paths of this Node, of the programs beside it, and of all that they are linked to, in order.
 *
 * @throws {TallymanError} `engine-unfit` where one is not there, or it cannot be found out
 */
export async function workerFiles(node: string): Promise<string[]> {
  const found = programs.map((name) => {
    const usual = `/bin/${name}`
    return existsSync(usual) ? usual : (findOnPath(name) ?? missing(name))
  })
  const binaries = [node, ...found]
  return [...new Set([...binaries, ...(await librariesOf(binaries))])].sort()
}

function missing(name: string): never {
  throw new TallymanError(
    'engine-unfit',
    `No image of workers can be made here: there is no program ${name}.`,
    {
      wayOut: 'Install it, or name an image that has Node and a shell: --image.',
    },
  )
}

/** What the loader would load with these programs: ldd(1). One that is linked to nothing has none. */
async function librariesOf(binaries: readonly string[]): Promise<string[]> {
  // It says also of a program whose loader was killed that it is linked to nothing: what is wrong once is asked again.
  const first = await askEngine(['ldd'], binaries)
  const { status, stdout, stderr } = first.status === 0 ? first : await askEngine(['ldd'], binaries)
  const isLinkedToNothing = status === 1 && /not a dynamic executable/.test(stderr)
  if (status !== 0 && !isLinkedToNothing)
    throw engineUnfit('ldd', `what ${binaries.join(', ')} are linked to cannot be found out`, stderr)
  return [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].flatMap(([, path]) => path ?? [])
}

/** Of what is packed how: another number for another way. */
const packing = 2

/**
 * SHA-256 over the names and contents of files, in hex. It is noted for whoever asks next, and read from there as long as each of the files is the one it was, by device, inode, size
 * and times: Node has a hundred megabytes.
 *
 * @param files absolute paths
 * @param note where it is noted; what cannot be written there is not
 * @throws the system's error where a file cannot be read
 */
export async function hashFiles(
  files: readonly string[],
  note = join(homedir(), '.local', 'state', 'tallyman', 'worker-image.json'),
): Promise<string> {
  const identity = identityOf(files)
  const known = readNote(note)
  if (known?.identity === identity) return known.sha256
  const hash = createHash('sha256').update(`${packing}\0`)
  for (const file of files) {
    const content = createHash('sha256')
    await pipeline(createReadStream(file), content)
    hash.update(`${file}\0`).update(content.digest())
  }
  const sha256 = hash.digest('hex')
  // One that is written to meanwhile is read again the next time.
  if (identityOf(files) === identity) writeNote(note, { identity, sha256 })
  return sha256
}

interface Note {
  readonly identity: string
  readonly sha256: string
}

function identityOf(files: readonly string[]): string {
  const hash = createHash('sha256').update(`${packing}\0`)
  for (const file of files) {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
    hash.update(`${file}\0${[dev, ino, size, mtimeNs, ctimeNs].join(' ')}\0`)
  }
  return hash.digest('hex')
}

function readNote(file: string): Note | null {
  try {
    const note: Partial<Note> = JSON.parse(readSmallFile(file) ?? 'null') ?? {}
    const { identity, sha256 = '' } = note
    return identity !== undefined && /^[0-9a-f]{64}$/.test(sha256) ? { identity, sha256 } : null
  } catch {
    // No JSON: it is written again.
    return null
  }
}

function writeNote(file: string, note: Note): void {
  const staging = `${file}.${process.pid}`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(staging, `${JSON.stringify(note)}\n`)
    renameSync(staging, file)
  } catch {
    // A home that may not be written to, or that is full: nothing but time depends on it.
  }
}
