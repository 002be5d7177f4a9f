import type { Readable } from 'node:stream'
import { TallymanError } from '../errors.ts'
import { plainJson } from '../record/index.ts'

/**
 * Messages over a byte stream: magic (one byte), length (four bytes, little endian), then that many bytes of JSON.
 * The magic and a bound on the length make garbage on the channel an error instead of a silent wait: the magic is a byte
 * that no text in UTF-8 has, so nothing that is printed there by mistake is taken for the head of a long message.
 */

const magic = 0xff
/** As it was before a job was loaded, which may have another one in its place. */
const { parse: parseJson } = JSON
const headerBytes = 5
/** A report of ten thousand splits is about two megabytes. */
const frameBytesMax = 256 * 1024 * 1024

/** Encodes one message. */
export function encodeFrame(message: object): Buffer {
  const json = encodeJson(message)
  const jsonBytes = Buffer.byteLength(json, 'utf8')
  const frame = Buffer.allocUnsafe(headerBytes + jsonBytes)
  frame[0] = magic
  frame.writeUInt32LE(jsonBytes, 1)
  frame.write(json, headerBytes, 'utf8')
  return frame
}

/** The JSON of a message: what a frame holds, or another channel takes instead of it. A job's parameters may be bigints; messages only show them. */
export function encodeJson(message: object): string {
  return plainJson(message)
}

/** Cuts a byte stream into messages, however the bytes arrive. */
export class FrameParser {
  #held: Buffer[] = []
  #heldBytes = 0
  #wantedBytes = headerBytes

  /**
   * Takes the next bytes; returns the messages they complete.
   *
   * @throws {TallymanError} `protocol-broken` for bytes that are no frame
   */
  push(chunk: Buffer): unknown[] {
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    const messages: unknown[] = []
    while (this.#heldBytes >= this.#wantedBytes) {
      const bytes = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held)
      const frameBytes = headerBytes + lengthOf(bytes)
      if (bytes.length < frameBytes) {
        this.#held = [bytes]
        this.#wantedBytes = frameBytes
        break
      }
      messages.push(parse(bytes.subarray(headerBytes, frameBytes)))
      const rest = bytes.subarray(frameBytes)
      this.#held = [rest]
      this.#heldBytes = rest.length
      this.#wantedBytes = headerBytes
    }
    return messages
  }
}

function lengthOf(bytes: Buffer): number {
  const length = bytes.readUInt32LE(1)
  if (bytes[0] !== magic || length > frameBytesMax) {
    throw new TallymanError(
      'protocol-broken',
      `What came over it is no message: ${JSON.stringify(bytes.toString('latin1', 0, 60))}.`,
    )
  }
  return length
}

function parse(json: Buffer): unknown {
  try {
    return parseJson(json.toString('utf8'))
  } catch (cause) {
    throw new TallymanError(
      'protocol-broken',
      `What came over it is a message that is no JSON: ${JSON.stringify(json.toString('utf8', 0, 60))}.`,
      { cause },
    )
  }
}

/** Calls back for every message of a stream, and once for bytes that are none; the stream is then closed. */
export function readFrames(
  stream: Readable,
  onMessage: (message: unknown) => void,
  onGarbage: (error: unknown) => void,
): void {
  const parser = new FrameParser()
  stream.on('data', (chunk: Buffer) => {
    let messages: readonly unknown[]
    try {
      messages = parser.push(chunk)
    } catch (error) {
      stream.destroy()
      onGarbage(error)
      return
    }
    for (const message of messages) onMessage(message)
  })
}
