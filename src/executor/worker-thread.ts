/** Entry of a worker thread; its line leads to the host process, which passes messages on. */
import { parentPort } from 'node:worker_threads'
import { TallymanError } from '../errors.ts'
import { encodeJson } from './frames.ts'
import type { ToWorker } from './messages.ts'
import { serve } from './worker/worker-main.ts'
import { workerStreams } from './worker/worker-streams.ts'

process.setSourceMapsEnabled(true)
const port = parentPort
if (port === null) throw new TallymanError('internal', 'This file is the entry of a worker thread.')
serve(
  {
    // As text: what a job makes of its parameters may be nothing that a thread can be sent, a function for example.
    send: (message) => port.postMessage(encodeJson(message)),
    streams: workerStreams(true),
    hold: (isHeld) => (isHeld ? port.ref() : port.unref()),
    listen: (onMessage) => port.on('message', (message: ToWorker) => onMessage(message)),
  },
  // What was posted is delivered before the thread ends.
  () => setImmediate(() => process.exit(0)),
)
