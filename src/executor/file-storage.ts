import { closeSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { InputBytes, OutputFile, Storage } from '../flow/index.ts'
import { openFinishedFile } from '../host/index.ts'

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
    const fd = openSync(join(this.#directory, name), 'wx')
    return {
      write: (chunk) => {
        writeFully(fd, chunk)
      },
      close: () => {
        closeSync(fd)
      },
    }
  }

  open(name: string): InputBytes {
    const path = join(name.includes('/') ? this.#runDirectory : this.#directory, name)
    return openFinishedFile(path, name)
  }

  remove(name: string): void {
    unlinkSync(join(this.#directory, name))
  }
}

/** A write may be short, most of all on a disk that is filling up: the next one then says why. */
function writeFully(fd: number, chunk: Buffer): void {
  for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at)
}
