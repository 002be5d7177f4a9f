import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { buildVersion, packageRoot } from '../run/index.ts'
import { type TarEntry, tarBytes, tarEnd } from './tar.ts'

/** What of the built files only the command line, the page and pictures need, and what only an editor reads. */
const notShipped = /^(cli|web|result)\/|\.d\.ts$/
/** More would take three times as long, and save a tenth. */
const gzipLevel = 4

/** Where archives lie: beside the runs. */
export function packFolder(runsFolder: string): string {
  return join(dirname(runsFolder), 'spark')
}

/** The archives that were made for runs, and what they were made of: how many files there are, and what they hold. A run makes again what it lacks. */
export function keptPacks(runsFolder: string): { readonly files: number; readonly bytes: number } {
  const folder = packFolder(runsFolder)
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : []
  const files = names
    .map((name) => statSync(join(folder, name), { throwIfNoEntry: false }))
    .filter((found) => found?.isFile() === true)
  return { files: files.length, bytes: files.reduce((sum, found) => sum + (found?.size ?? 0), 0) }
}

/** What an archive is made of. */
interface PackParts {
  /** Absolute folder where archives are kept; made when it is not there. */
  readonly folder: string
  /** Absolute folder with the bundled job. */
  readonly jobFolder: string
  /** SHA-256 of the bundled job, in hex. */
  readonly codeSha256: string
}

/**
 * Makes the archive of all that runs on executors, unless there is one of the same content: Node, tallyman, and the job.
 * Its first part, without the job, is kept for other jobs: a gzip file may be several, one after the other. Cost: some seconds once, then
 * a copy of 40 MB.
 *
 * @returns absolute path of a `.tar.gz`
 */
export async function makePack({ folder, jobFolder, codeSha256 }: PackParts): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const engine = createHash('sha256').update(identityOfEngine()).digest('hex').slice(0, 16)
  const pack = join(folder, `pack-${engine}-${codeSha256.slice(0, 16)}.tar.gz`)
  if (existsSync(pack)) return pack
  const workshop = mkdtempSync(join(folder, 'making-'))
  try {
    const first = join(folder, `engine-${engine}.gz`)
    if (!existsSync(first)) {
      await gzip(tarBytes(engineEntries()), join(workshop, 'engine.gz'))
      renameSync(join(workshop, 'engine.gz'), first)
    }
    const whole = join(workshop, 'pack.tar.gz')
    await pipeline(createReadStream(first), createWriteStream(whole))
    await gzip(withEnd(tarBytes(entriesOf(jobFolder, 'job'))), whole)
    renameSync(whole, pack)
    return pack
  } finally {
    rmSync(workshop, { recursive: true, force: true })
  }
}

/** Of everything in the archive's first part. */
function identityOfEngine(): string {
  const { size, mtimeMs } = statSync(process.execPath)
  return JSON.stringify([buildVersion(), process.arch, process.platform, process.execPath, size, mtimeMs])
}

function* engineEntries(): Generator<TarEntry> {
  yield { name: 'bin/node', file: process.execPath, isProgram: true }
  // The job imports tallyman by name.
  const own = 'node_modules/tallyman'
  yield { name: `${own}/package.json`, file: join(packageRoot, 'package.json'), isProgram: false }
  for (const entry of entriesOf(join(packageRoot, 'dist'), ''))
    if (!notShipped.test(entry.name)) yield { ...entry, name: `${own}/dist/${entry.name}` }
}

/** The files of a folder and those below it, by name. */
function* entriesOf(folder: string, into: string): Generator<TarEntry> {
  for (const one of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = join(folder, one.name)
    const name = into === '' ? one.name : `${into}/${one.name}`
    if (one.isDirectory()) yield* entriesOf(file, name)
    else if (one.isFile()) yield { name, file, isProgram: false }
  }
}

function* withEnd(bytes: Iterable<Buffer>): Generator<Buffer> {
  yield* bytes
  yield tarEnd
}

/** Appends bytes to a file, compressed. */
async function gzip(bytes: Iterable<Buffer>, file: string): Promise<void> {
  await pipeline(
    Readable.from(bytes, { objectMode: false }),
    createGzip({ level: gzipLevel }),
    createWriteStream(file, { flags: 'a' }),
  )
}
