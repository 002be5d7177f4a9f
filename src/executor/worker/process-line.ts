/**
 * Joins a worker to its process: the line to the coordinator is file descriptor 3, or in a container a socket that is named. Runs as it is
 * imported, by `worker-process.ts`.
 */
import { existsSync } from 'node:fs'
import { createConnection, Socket } from 'node:net'
import { errnoOf } from '../../errors.ts'
import { readInsideLimits } from '../../host/index.ts'
import type { ContainerHello } from '../container-messages.ts'
import { encodeFrame, readFrames } from '../frames.ts'
import type { ToWorker } from '../messages.ts'
import { serve } from './worker-main.ts'
import { workerStreams } from './worker-streams.ts'

process.setSourceMapsEnabled(true)
/** Somebody looks at what it prints: no marks are wanted between. */
const isForeground = process.argv[2] === 'foreground'
const socketPath = process.argv[2] === 'line' ? process.argv[3] : undefined
const socket =
  socketPath === undefined
    ? new Socket({ fd: 3, readable: true, writable: true })
    : createConnection(socketPath)
/** Where the inputs were planned: in a container it may not be there, as when none of them lies below. */
const cwd = socketPath === undefined ? undefined : process.argv[4]
if (cwd !== undefined && existsSync(cwd)) process.chdir(cwd)
if (socketPath !== undefined) sayHello()

function sayHello(): void {
  const hello: ContainerHello = {
    type: 'hello',
    pid: process.pid,
    limits: readInsideLimits(),
    node: process.versions.node,
  }
  socket.write(encodeFrame(hello))
}

// Whoever looks on may have seen enough, as in `tallyman repro … | head`: that is no fault of the job's.
if (isForeground)
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => {
      if (errnoOf(error) !== 'EPIPE') throw error
    })
// Without a coordinator there is nobody to work for; its death closes the line.
socket.on('close', () => process.exit(0))
socket.on('error', () => process.exit(0))
serve(
  {
    send: (message) => {
      socket.write(encodeFrame(message))
    },
    streams: workerStreams(!isForeground),
    hold: (isHeld) => (isHeld ? socket.ref() : socket.unref()),
    isInContainer: socketPath !== undefined,
    ...(cwd === undefined ? {} : { cwd }),
    // The other end is the coordinator that started this process: what it says is a `ToWorker`.
    listen: (onMessage) =>
      readFrames(
        socket,
        (message) => onMessage(message as ToWorker),
        () => process.exit(1),
      ),
  },
  () => {
    socket.end(() => process.exit(0))
  },
)
