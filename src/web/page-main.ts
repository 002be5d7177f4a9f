/** Entry of the process that serves the page from a container. Arguments: the folder of runs, the file with the token, the address and the port it listens at. */
import { servePage } from './server.ts'
import { readToken } from './token.ts'

const [runsFolder = '', tokenFile = '', address = '', port = ''] = process.argv.slice(2)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0))
// From outside it is reached at the loopback address, by whatever name that has.
const publishedPort = Number(process.env.PUBLISHED_PORT ?? port)
await servePage({
  runsFolder,
  token: readToken(tokenFile),
  hosts: [],
  address,
  port: Number(port),
  publishedPort,
})
console.error(`Listening at ${address}:${port}.`)
