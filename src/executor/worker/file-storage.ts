import { closeSync, mkdirSync, openSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { InputBytes, OutputFile, Storage } from '../../flow/index.ts'
import { openFinishedFile, writeFully } from '../../host/index.ts'

/**
 * Files of one attempt on disk. Plain names lie in the attempt's own directory; names with a slash are files of
 * committed attempts, relative to the run's directory, and are only read.
 */
export class FileStorage implements Storage {
  readonly #runDirectory: string
  readonly #directory: string

  constructor(runDirectory: string, attemptDirectory: string) {
    this.#runDirectory = runDirectory
    this.#directory = join(runDirectory, attemptDirectory)
    mkdirSync(this.#directory, { recursive: true })
  }

  create(name: string): OutputFile {
    const path = join(this.#directory, name)
    return new GatheredFile(openSync(path, 'wx'), path)
  }

  open(name: string): InputBytes {
    const path = join(name.includes('/') ? this.#runDirectory : this.#directory, name)
    return openFinishedFile(path, name)
  }

  remove(name: string): void {
    unlinkSync(join(this.#directory, name))
  }
}

/** Short chunks are written together, up to so many bytes: a spill of few keys is three of them for each partition. */
const gatheredBytesMax = 16 * 1024

class GatheredFile implements OutputFile {
  readonly #fd: number
  readonly #path: string
  readonly #gathered = Buffer.allocUnsafeSlow(gatheredBytesMax)
  #bytes = 0

  constructor(fd: number, path: string) {
    this.#fd = fd
    this.#path = path
  }

  write(chunk: Buffer): void {
    if (this.#bytes + chunk.length > gatheredBytesMax) this.#flush()
    if (chunk.length > gatheredBytesMax) writeFully(this.#fd, chunk, this.#path)
    else this.#bytes += chunk.copy(this.#gathered, this.#bytes)
  }

  close(): void {
    this.#flush()
    closeSync(this.#fd)
  }

  #flush(): void {
    if (this.#bytes === 0) return
    writeFully(this.#fd, this.#gathered.subarray(0, this.#bytes), this.#path)
    this.#bytes = 0
  }
}
