import { type ErrorCode, TallymanError } from '../errors.ts'
import { showCount } from '../quantities.ts'
import { acceptInput } from './discover/accepted.ts'
import { type ByteChunks, SourceFault } from './source/byte-chunks.ts'
import { type OpenedFile, wayOutOfChange } from './source/opened-file.ts'
import type { Split } from './split.ts'
import { startByteOf } from './split-lines.ts'
import { inputName, memberOf } from './split-name.ts'

/** The bytes of a split together with the file they are from, and the words for what goes wrong with them. */
export class SplitBytes {
  /** Set once the source is open. */
  chunks: ByteChunks | null = null
  readonly #split: Split
  readonly #file: OpenedFile
  #closing: Promise<void> | null = null

  constructor(split: Split, file: OpenedFile) {
    this.#split = split
    this.#file = file
  }

  /** Bytes read from disk so far. */
  get readBytes(): number {
    return this.#file.readBytes
  }

  /** The next chunk; null at the end, when the file still is the planned one. */
  async next(): Promise<Buffer | null> {
    const chunk = (await this.chunks?.next()) ?? null
    if (chunk === null) await this.finish()
    return chunk
  }

  /** Takes a chunk back that nobody looks at any more. */
  giveBack(chunk: Buffer): void {
    this.chunks?.giveBack?.(chunk)
  }

  /** To be called when reading ends before the source does. */
  async finish(): Promise<void> {
    await this.chunks?.finish?.()
    // Archives have checksums of their own: what was mixed from two versions does not pass them. Parts may be of one each.
    const split = this.#split
    if (split.kind === 'range' || (split.kind === 'gzip' && split.part !== undefined))
      await this.#file.checkUntouched()
    else await this.#file.checkUnchanged()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.chunks?.close()
    await this.#file.close()
  }

  /** A source's fault with its place; anything else as it is. */
  explain(error: unknown, atByte: number, line: number | null): unknown {
    if (!(error instanceof SourceFault)) return error
    const place = `${this.#name(this.#split.path)}, byte ${showCount(atByte)}${line === null ? '' : ` (${this.#sayLine(line)})`}`
    const wayOut =
      error.wayOut === undefined
        ? this.#wayOut(error.code)
        : `${error.wayOut}, or do without it: ${this.#accept()}.`
    return new TallymanError(error.code, `${place}: ${error.message}.`, {
      ...(wayOut === undefined ? {} : { wayOut }),
      ...(error.cause === undefined ? {} : { cause: error.cause }),
    })
  }

  #name(path: string): string {
    return inputName(path, memberOf(this.#split))
  }

  #sayLine(line: number): string {
    const startByte = startByteOf(this.#split)
    return startByte === 0
      ? `line ${showCount(line)}`
      : `line ${showCount(line)} from byte ${showCount(startByte)} on`
  }

  #accept(): string {
    return acceptInput(this.#split.path, memberOf(this.#split))
  }

  #wayOut(code: ErrorCode): string | undefined {
    const accept = this.#accept()
    if (code === 'input-changed') return wayOutOfChange
    if (code === 'input-touched')
      return 'Leave the files that are read as they are, their rights and links too, until the run has ended.'
    if (code === 'input-damaged') return `Mend the file or fetch it again, or do without it: ${accept}.`
    if (code === 'input-unsupported')
      return `Unpack it and give the unpacked files instead, or do without it: ${accept}.`
    return undefined
  }
}
