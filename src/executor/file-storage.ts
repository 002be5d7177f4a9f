import { closeSync, mkdirSync, openSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { InputBytes, OutputFile, Storage } from '../flow/index.ts'
import { openFinishedFile, writeFully } from '../host/index.ts'

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
    const fd = openSync(path, 'wx')
    return {
      write: (chunk) => {
        writeFully(fd, chunk, path)
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
