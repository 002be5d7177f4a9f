import type { ByteSink, ByteSource } from '../record/index.ts'

/** A file being written by one attempt. */
export interface OutputFile extends ByteSink {
  /** Makes what was written readable under its name. Called once, last. */
  close(): void
}

/** A finished file being read. */
export interface InputBytes extends ByteSource {
  close(): void
}

/** Where a record file lies that is a stretch of a larger file. */
export interface Section {
  readonly name: string
  readonly atByte: number
  readonly bytes: number
}

/** A stretch of a finished file as a file by itself. Closing it closes the file. */
export function openSection(storage: Storage, { name, atByte, bytes }: Section): InputBytes {
  const file = storage.open(name)
  return {
    name,
    sizeBytes: bytes,
    startByte: atByte,
    read: (into, at) => file.read(into.subarray(0, Math.max(0, bytes - at)), atByte + at),
    close: () => file.close(),
  }
}

/**
 * Where a task reads and writes its files. A worker gives it a directory of the run, `testJob` memory, a cluster
 * whatever it has: the tasks do not know. What a task makes or removes has a plain file name, without a slash; all
 * calls are synchronous, since a task is alone in its worker.
 */
export interface Storage {
  /** Starts a file. REQUIRES: there is none of this name in this storage. */
  create(name: string): OutputFile
  /** Opens a file that was closed after writing: one of its own by its plain name, another attempt's by a name with a slash. */
  open(name: string): InputBytes
  /** Removes a file that is no longer needed. */
  remove(name: string): void
}

/** Files in memory, for `testJob` and tests: nothing to clean up. */
export class MemoryStorage implements Storage {
  readonly #files: Map<string, Buffer>
  readonly #prefix: string

  constructor(files = new Map<string, Buffer>(), prefix = '') {
    this.#files = files
    this.#prefix = prefix
  }

  /** The same files, as an attempt sees them whose own ones lie under `prefix`, which ends in a slash. */
  within(prefix: string): MemoryStorage {
    return new MemoryStorage(this.#files, prefix)
  }

  create(name: string): OutputFile {
    const chunks: Buffer[] = []
    return {
      write: (chunk) => {
        chunks.push(Buffer.from(chunk))
      },
      close: () => {
        this.#files.set(this.#prefix + name, Buffer.concat(chunks))
      },
    }
  }

  open(name: string): InputBytes {
    const file = this.#files.get(name.includes('/') ? name : this.#prefix + name)
    if (file === undefined) throw new Error(`No file ${name} in memory.`)
    return {
      name,
      sizeBytes: file.length,
      read: (into, atByte) => (atByte < file.length ? file.copy(into, 0, atByte) : 0),
      close: () => undefined,
    }
  }

  remove(name: string): void {
    this.#files.delete(this.#prefix + name)
  }
}
