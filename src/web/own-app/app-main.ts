/** Entry of the process of a web app. Arguments: its bundled module, what messages call it, the address and the port it listens at. */
import { errnoOf, toFault } from '../../errors.ts'
import type { AppMessage } from './app-messages.ts'
import { loadApp, serveApp } from './app-server.ts'

process.setSourceMapsEnabled(true)
const [file = '', source = '', host = '', port = ''] = process.argv.slice(2)

/** Over the line, where there is one; a container has none. */
function tell(message: AppMessage): void {
  if (process.send !== undefined) process.send(message)
  else if (message.type === 'failed')
    console.error(`Error: ${message.fault.message}\n${message.fault.wayOut}`)
  else
    console.error(message.type === 'listening' ? `Listening at ${host}:${port}.` : `Port ${port} is taken.`)
}

// Whoever started it is gone: nobody is left to end it.
process.once('disconnect', () => process.exit(0))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0))
try {
  await serveApp(await loadApp(file, source), { host, port: Number(port) })
  tell({ type: 'listening' })
} catch (error) {
  process.exitCode = 1
  tell(errnoOf(error) === 'EADDRINUSE' ? { type: 'port-taken' } : { type: 'failed', fault: toFault(error) })
  // What the module has begun would keep it here.
  if (process.send === undefined) process.exit(1)
}
