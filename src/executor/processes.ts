import { join } from 'node:path'
import type { Link, LinkFactory, WorkerSettings } from './channel.ts'
import { NodeProcess } from './node-process.ts'

/** Workers that are processes: what one of them does to its memory or its event loop is its own affair. */
export function processLinks(settings: WorkerSettings): LinkFactory {
  return {
    name: 'process',
    open: ({ seat, heapBytes }, onMessage): Link =>
      new NodeProcess({
        entry: 'worker-process',
        nodeFlags: [`--max-old-space-size=${Math.ceil(heapBytes / 2 ** 20)}`],
        cwd: settings.cwd,
        logFile: join(settings.logDirectory, `worker-${seat}.log`),
        onMessage,
      }),
    close: async () => undefined,
  }
}
