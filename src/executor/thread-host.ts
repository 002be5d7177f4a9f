/**
 * Entry of the process that worker threads live in. A thread that exceeds its heap may abort the whole process it runs
 * in, so that process is not the coordinator but this one, which can be lost.
 */
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { Worker } from 'node:worker_threads'
import { assertNever, messageOf } from '../errors.ts'
import { encodeFrame, readFrames } from './frames.ts'
import { heapLimits, markAlone } from './heap-limits.ts'
import type { OutputStream } from './output-marks.ts'
import type { FromHost, ToHost } from './thread-messages.ts'

const socket = new Socket({ fd: 3, readable: true, writable: true })
socket.on('close', () => process.exit(0))
socket.on('error', () => process.exit(0))

markAlone()

// Every stream of a thread may wait for it.
socket.setMaxListeners(0)

const threads = new Map<number, Worker>()

/** False where the line is full: who can wait waits for `drain`. */
function tell(message: FromHost): boolean {
  return socket.write(encodeFrame(message))
}

/** Passes on what a thread prints; a thread that prints faster than that is read fills its own heap, and not this process. */
async function passOn(life: number, stream: OutputStream, source: Readable): Promise<void> {
  source.on('data', (chunk: Buffer) => {
    if (tell({ type: 'printed', life, stream, base64: chunk.toString('base64') })) return
    source.pause()
    socket.once('drain', () => source.resume())
  })
  try {
    await finished(source)
  } catch {
    // A thread that was ended by force may leave its streams unfinished: there is nothing more in them.
  }
}

function open(life: number, heapBytes: number): void {
  let thread: Worker
  try {
    thread = start(heapBytes)
  } catch (error) {
    // For want of threads or memory. The others can go on.
    tell({ type: 'gone', life, exitCode: 1, error: describe(error) })
    return
  }
  threads.set(life, thread)
  let lastError: unknown = null
  // Passed on unread, since a job may say anything, and what it says must not be able to end this process. What is no text
  // was not sent by us: it is not in the protocol.
  thread.on('message', (said: unknown) =>
    tell({ type: 'said', life, json: typeof said === 'string' ? said : 'null' }),
  )
  thread.on('error', (error) => {
    lastError = error
  })
  const printed = [passOn(life, 'stdout', thread.stdout), passOn(life, 'stderr', thread.stderr)]
  thread.on('exit', async (exitCode) => {
    threads.delete(life)
    await Promise.all(printed)
    tell({ type: 'gone', life, exitCode, error: describe(lastError) })
  })
}

function start(heapBytes: number): Worker {
  const entry = import.meta.url.endsWith('.ts') ? './worker-thread.ts' : './worker-thread.js'
  const { oldSpaceMiB, semiSpaceMiB } = heapLimits(heapBytes)
  return new Worker(new URL(entry, import.meta.url), {
    stdout: true,
    stderr: true,
    resourceLimits: {
      maxOldGenerationSizeMb: oldSpaceMiB,
      // Both halves and as much for large objects.
      maxYoungGenerationSizeMb: 3 * semiSpaceMiB,
    },
  })
}

function describe(error: unknown): { readonly code: string; readonly message: string } | null {
  if (error === null) return null
  if (!(error instanceof Error)) return { code: '', message: messageOf(error) }
  return { code: 'code' in error ? String(error.code) : '', message: error.message }
}

function take(message: ToHost): void {
  switch (message.type) {
    case 'open':
      open(message.life, message.heapBytes)
      return
    case 'say':
      threads.get(message.life)?.postMessage(message.message)
      return
    case 'kill':
      void threads.get(message.life)?.terminate()
      return
    default:
      assertNever(message)
  }
}

// The other end is the coordinator that started this process: what it says is a `ToHost`.
readFrames(
  socket,
  (message) => take(message as ToHost),
  () => process.exit(1),
)
