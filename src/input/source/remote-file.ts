import { connect, type Socket } from 'node:net'
import { type ErrorCode, TallymanError } from '../../errors.ts'

/**
 * Files that no path leads to, such as `s3a://bucket/name`: on Spark a server beside reads them, and hands out ranges.
 * docs/formats/spark.md describes what is said.
 */

/** Where the server is: its port on the loopback address, and the token it asks for. */
export const rangesName = 'TALLYMAN_RANGES'

/** Is this the address of a file, and no path? */
export function isAddress(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(path)
}

interface Fault {
  readonly code: ErrorCode
  readonly message: string
  readonly wayOut: string | null
}

/** What a server knows of a file. */
export interface RemoteStat {
  readonly sizeBytes: number
  /** As digits. */
  readonly mtimeNs: string
}

/** One file, open at the server. */
export class RemoteFile {
  readonly stat: RemoteStat
  readonly #line: Line
  /** What was asked last: answers come in order. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(line: Line, stat: RemoteStat) {
    this.#line = line
    this.stat = stat
  }

  /** @throws {TallymanError} as the server says: `input-missing`, `package-missing` or `io` */
  static async open(address: string): Promise<RemoteFile> {
    const line = await openLine(address, { open: address })
    try {
      return new RemoteFile(line, await line.reply<RemoteStat>())
    } catch (error) {
      line.close()
      throw error
    }
  }

  /** What the server finds now. Throws as `open`. */
  async look(): Promise<RemoteStat> {
    return await this.#ask(async () => {
      this.#line.say('stat')
      return await this.#line.reply<RemoteStat>()
    })
  }

  /** Fills as much of `into[start, start + bytes)` as there is from byte `atByte` on; returns how much. Throws as `open`. */
  async read(into: Buffer, start: number, bytes: number, atByte: number): Promise<number> {
    return await this.#ask(async () => {
      this.#line.say([atByte, bytes])
      const reply = await this.#line.reply<{ readonly bytes: number }>()
      await this.#line.fill(into, start, reply.bytes)
      return reply.bytes
    })
  }

  close(): void {
    this.#line.close()
  }

  #ask<T>(ask: () => Promise<T>): Promise<T> {
    const asking = this.#last.then(ask)
    this.#last = asking.catch(() => undefined)
    return asking
  }
}

/** Addresses of all files at or below one, in order. Throws as `RemoteFile.open`. */
export async function listRemote(address: string): Promise<readonly string[]> {
  const line = await openLine(address, { list: address })
  try {
    return (await line.reply<{ readonly names: readonly string[] }>()).names
  } finally {
    line.close()
  }
}

async function openLine(address: string, request: object): Promise<Line> {
  const [port = '', token = ''] = (process.env[rangesName] ?? '').split(' ')
  if (token === '')
    throw new TallymanError(
      'input-unsupported',
      `${address}: what has an address and no path is read on Spark alone.`,
      {
        wayOut: 'Have Spark read it: --on MASTER; or copy it to a disk, and name its path.',
      },
    )
  const socket = connect(Number(port), '127.0.0.1')
  const line = new Line(socket)
  line.say({ token, ...request })
  return line
}

/** Lines of JSON, and bytes between them. */
class Line {
  readonly #socket: Socket
  #held: Buffer[] = []
  #error: Error | null = null
  #wake: () => void = () => undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#held.push(chunk)
      this.#wake()
    })
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end(new Error('it ended')))
  }

  say(message: unknown): void {
    this.#socket.write(`${JSON.stringify(message)}\n`)
  }

  async reply<T>(): Promise<T> {
    const parts: Buffer[] = []
    for (;;) {
      const chunk = await this.#next()
      const end = chunk.indexOf(0x0a)
      parts.push(end === -1 ? chunk : chunk.subarray(0, end))
      if (end === -1) continue
      if (end + 1 < chunk.length) this.#held.unshift(chunk.subarray(end + 1))
      break
    }
    const reply = JSON.parse(Buffer.concat(parts).toString('utf8')) as T & { readonly fault?: Fault }
    if (reply.fault === undefined) return reply
    const { code, message, wayOut } = reply.fault
    throw new TallymanError(code, message, wayOut === null ? {} : { wayOut })
  }

  async fill(into: Buffer, start: number, bytes: number): Promise<void> {
    for (let at = start; at < start + bytes; ) {
      const chunk = await this.#next()
      const length = Math.min(chunk.length, start + bytes - at)
      chunk.copy(into, at, 0, length)
      if (length < chunk.length) this.#held.unshift(chunk.subarray(length))
      at += length
    }
  }

  close(): void {
    this.#socket.destroy()
  }

  async #next(): Promise<Buffer> {
    for (;;) {
      const chunk = this.#held.shift()
      if (chunk !== undefined) return chunk
      if (this.#error !== null)
        throw new TallymanError(
          'io',
          `The server that hands out ranges of files is gone: ${this.#error.message}.`,
        )
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #end(error: Error): void {
    this.#error ??= error
    this.#wake()
  }
}
