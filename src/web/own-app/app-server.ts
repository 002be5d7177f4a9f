import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { messageOf, TallymanError } from '../../errors.ts'
import { userFrames } from '../../run/index.ts'

/** What the default export of an app's module has: as Hono's apps do, or any object. */
export interface WebApp {
  fetch(request: Request): Response | Promise<Response>
}

/**
 * Loads an app.
 *
 * @param file the bundled module
 * @param source what messages call it
 * @throws {TallymanError} `job-invalid` where it does not load or is no app
 */
export async function loadApp(file: string, source: string): Promise<WebApp> {
  const found = await import(pathToFileURL(file).href).catch((cause: unknown) => {
    const [frame = ''] = userFrames(cause instanceof Error ? (cause.stack ?? '') : '')
    throw new TallymanError(
      'job-invalid',
      `${source} throws as it is loaded: ${messageOf(cause)}${frame === '' ? '' : ` (${frame.trim()})`}`,
      {
        wayOut: 'Mend that line.',
        cause,
      },
    )
  })
  const app: unknown = found.default
  if (isApp(app)) return app
  throw new TallymanError('job-invalid', `The default export of ${source} has no fetch, and so is no app.`, {
    wayOut:
      "Say for example: export default { fetch(request: Request) { return new Response('hello, world') } }",
  })
}

function isApp(value: unknown): value is WebApp {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    'fetch' in value &&
    typeof value.fetch === 'function'
  )
}

/**
 * Serves an app. What it throws for a request is told to whoever asked, and on stderr, with the user's line.
 *
 * @throws the system's error where it cannot listen
 */
export async function serveApp(
  app: WebApp,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<ServerType> {
  const fetch = async (request: Request): Promise<Response> => {
    try {
      const answer: unknown = await app.fetch(request)
      if (answer instanceof Response) return answer
      throw new TypeError(
        `fetch returned ${inspect(answer, { depth: 0 }).slice(0, 100)}, which is no Response`,
      )
    } catch (error) {
      return failure(request, error)
    }
  }
  // What an app is given and makes is what the language has, wherever it runs.
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false })
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

function failure({ method, url }: Request, error: unknown): Response {
  const frames =
    error instanceof Error
      ? userFrames(error.stack ?? '')
          .filter((line) => !/\bnode:/.test(line))
          .slice(0, 12)
      : []
  const name = error instanceof Error ? error.name : 'Error'
  const text = [`${name}: ${messageOf(error)}`, ...frames].join('\n')
  const { pathname } = new URL(url)
  console.error(`${method} ${pathname}: ${text}`)
  return new Response(`${text}\n`, {
    status: 500,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  })
}
