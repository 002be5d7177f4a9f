import { createReadStream, existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type HttpBindings, serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { messageOf, TallymanError } from '../errors.ts'
import { askableTables, checkTables, readManifest } from '../result/index.ts'
import { readLog } from '../run/index.ts'
import { type AccessRules, requireAccess } from './access.ts'
import { ask, queryMsMax } from './ask.ts'
import { boundConnections, trust } from './connections.ts'
import { helloPath, type PageHello, provePage } from './page-hello.ts'
import { Pictures } from './pictures.ts'
import { renderPage } from './render.ts'
import { type ComparedResult, diffView } from './view/diff-view.ts'
import { isLogName } from './view/log-watch.ts'
import { tableView } from './view/table-view.ts'
import type { View } from './view/views.ts'
import { Watches } from './watches.ts'

/** How a page is served. */
export interface PageOptions extends AccessRules {
  /** Where the runs live. */
  readonly runsFolder: string
  readonly port: number
  /** Address to listen at. Default: 127.0.0.1 */
  readonly address?: string
  /** Where it is reached, if that is another port than it listens at: it proves who it is for that one. */
  readonly publishedPort?: number
}

/** A page that listens, until it is closed. */
export interface ServedPage {
  readonly port: number
  /** Ends it; whoever still looks is cut off. */
  close(): Promise<void>
}

/** At most two updates a second. */
const updateEveryMs = 500
/** What takes long to be looked at is looked at more seldom, in this share of the time. */
const lookShareMax = 0.02
const updateEveryMsMost = 5000
/** Nothing new for so long: a word, so that whatever lies between knows that the line is in use. */
const pulseEveryMs = 15_000
/** More lines at once than anyone has windows; each costs a file of ours. */
const connectionsMax = 256
/** A request that has not told its headers by then never will. */
const headersTimeoutMs = 10_000
/** A query is in the address, where a character of it may take nine bytes. */
const headersBytesMax = 64 * 1024

/** The page over a folder of runs, without a socket: for tests, and for whoever has a server. Reads and never writes. */
export function pageOf({ runsFolder, publishedPort, ...rules }: Omit<PageOptions, 'port' | 'address'>): Hono {
  const watches = new Watches(runsFolder)
  const pictures = new Pictures()
  const app = new Hono()
  app.use(requireAccess(rules))
  app.get(helloPath, (context) => hello(context, rules.token, publishedPort))
  app.use(async (context, next) => {
    trust((context.env as Partial<HttpBindings> | undefined)?.incoming?.socket)
    await next()
  })
  app.get('/', (context) => page(context, watches.runs(context.req.query('after') ?? null)))
  app.get('/live', (context) => live(context, () => watches.runs(null)))
  app.get('/runs/:id', (context) => pageOrMissing(context, watches.run(context.req.param('id'))))
  app.get('/runs/:id/live', (context) => live(context, () => watches.run(context.req.param('id'))))
  app.get('/runs/:id/view.json', (context) => {
    const view = watches.run(context.req.param('id'))
    return view === null ? missing(context) : context.json(view)
  })
  app.get('/runs/:id/result/:file', (context) => download(context, watches))
  app.get('/runs/:id/charts/:file', (context) => chart(context, watches, pictures))
  app.get('/runs/:id/so-far/:file', (context) => chartSoFar(context, watches, pictures))
  app.get('/runs/:id/query', (context) => query(context, watches))
  app.get('/runs/:id/diff', (context) => diff(context, watches))
  app.get('/runs/:id/tables/:name', (context) => table(context, watches))
  app.get('/runs/:id/logs', (context) => pageOrMissing(context, watches.log(context.req.param('id'), null)))
  app.get('/runs/:id/logs/live', (context) => live(context, () => watches.log(context.req.param('id'), null)))
  app.get('/runs/:id/logs/:of', (context) => pageOrMissing(context, watches.log(...logAsked(context))))
  app.get('/runs/:id/logs/:of/live', (context) => live(context, () => watches.log(...logAsked(context))))
  app.get('/runs/:id/logs/:of/text', (context) => log(context, watches))
  app.get('/page.js', (context) => asset(context, 'page/browser.js', 'text/javascript; charset=utf-8'))
  app.get('/page.css', (context) => asset(context, 'page/page.css', 'text/css; charset=utf-8'))
  // Browsers ask for the second one wherever a page is plain text.
  for (const path of ['/icon.svg', '/favicon.ico'])
    app.get(path, (context) => asset(context, 'page/icon.svg', 'image/svg+xml'))
  app.notFound(missing)
  app.onError((error, context) => {
    if (error instanceof TallymanError)
      return context.text(`${error.message}${error.wayOut === undefined ? '' : ` ${error.wayOut}`}\n`, 500)
    return context.text(`This page cannot be shown: ${messageOf(error)}\n`, 500)
  })
  return app
}

/**
 * Serves the page.
 *
 * @throws the system's error where the port is taken
 */
export async function servePage(options: PageOptions): Promise<ServedPage> {
  const app = pageOf(options)
  const server = await new Promise<Server>((resolve, reject) => {
    const started = serve(
      {
        fetch: app.fetch,
        port: options.port,
        hostname: options.address ?? '127.0.0.1',
        serverOptions: { maxHeaderSize: headersBytesMax },
      },
      () => resolve(started),
    ) as Server
    started.once('error', reject)
    boundConnections(started, connectionsMax)
    started.headersTimeout = headersTimeoutMs
    started.requestTimeout = 2 * headersTimeoutMs
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Who this page is, to whoever knows its token. */
function hello(context: Context, token: string, publishedPort: number | undefined): Response {
  const { incoming }: Partial<HttpBindings> = context.env ?? {}
  const proof = provePage(
    token,
    publishedPort ?? incoming?.socket.localPort ?? 0,
    context.req.query('nonce') ?? '',
  )
  if (proof === null)
    return context.text('A nonce is missing: ?nonce= and 16 to 128 of A-Z a-z 0-9 - _\n', 400)
  return context.json<PageHello>({ format: 'tallyman page', version: 1, proof })
}

function page(context: Context, view: View): Response | Promise<Response> {
  return context.html(renderPage(view))
}

function pageOrMissing(context: Context, view: View | null): Response | Promise<Response> {
  return view === null ? missing(context) : page(context, view)
}

function missing(context: Context): Response {
  return context.text('There is no such page. The list of runs is at /\n', 404)
}

/** Sends the view again whenever it has changed. A slow reader gets fewer updates, never older ones. */
function live(context: Context, look: () => View | null): Response {
  if (look() === null) return missing(context)
  return streamSSE(context, async (stream) => {
    let [seen, told]: [View | null, string] = [null, '']
    let toldAt = 0
    while (!stream.aborted) {
      const startMs = performance.now()
      const view = look()
      const tookMs = performance.now() - startMs
      if (view === null) break
      const text = view === seen ? told : JSON.stringify(view)
      seen = view
      if (text !== told) {
        await stream.writeSSE({ event: 'view', data: text })
        told = text
        toldAt = Date.now()
      } else if (Date.now() - toldAt > pulseEveryMs) {
        await stream.writeSSE({ event: 'pulse', data: '' })
        toldAt = Date.now()
      }
      await stream.sleep(Math.min(updateEveryMsMost, Math.max(updateEveryMs, tookMs / lookShareMax)))
    }
  })
}

/** A file of a result, as it is: one that the manifest names, or the manifest. */
async function download(context: Context, watches: Watches): Promise<Response> {
  const [id = '', name = ''] = [context.req.param('id'), context.req.param('file')]
  const result = watches.run(id)?.result
  if (result === null || result === undefined || !result.isThere) return missing(context)
  const table = readManifest(result.directory).tables.find(({ file }) => file === name)
  if (table === undefined && name !== 'manifest.json') return missing(context)
  if (table !== undefined) await checkTables(result.directory, [table])
  const path = join(result.directory, name)
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) return missing(context)
  context.header('content-type', 'application/octet-stream')
  context.header('content-length', String(size))
  context.header('content-disposition', `attachment; filename="${name}"`)
  return context.body(Readable.toWeb(createReadStream(path)) as ReadableStream)
}

/** A chart of the job: `0.svg`, `1.svg`, … */
async function chart(context: Context, watches: Watches, pictures: Pictures): Promise<Response> {
  const [id = '', file = ''] = [context.req.param('id'), context.req.param('file')]
  const result = watches.run(id)?.result
  const index = /^(\d{1,3})\.svg$/.exec(file)?.[1]
  if (result === null || result === undefined || !result.isThere || index === undefined)
    return missing(context)
  const svg = await pictures.svg(result.directory, Number(index))
  return svg === null ? missing(context) : picture(context, svg)
}

/** A chart of the answer so far, as the page shows it. */
async function chartSoFar(context: Context, watches: Watches, pictures: Pictures): Promise<Response> {
  const [id = '', file = ''] = [context.req.param('id'), context.req.param('file')]
  const index = /^(\d{1,3})\.svg$/.exec(file)?.[1]
  const found = index === undefined ? null : watches.chartSoFar(id, Number(index))
  if (found === null) return missing(context)
  const svg = await pictures.svgSoFar(`${id} so far ${found.edition} ${index}`, found.chart, (cpuMs) =>
    watches.spendOnAnswer(id, cpuMs),
  )
  return picture(context, svg)
}

function picture(context: Context, svg: Buffer): Response {
  context.header('content-type', 'image/svg+xml')
  // As a page of its own it may bring its fonts and nothing else.
  context.header(
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:",
  )
  return context.body(new Uint8Array(svg))
}

/** The page to ask a result by SQL, and what it answers. */
async function query(context: Context, watches: Watches): Promise<Response> {
  const id = context.req.param('id') ?? ''
  const result = watches.run(id)?.result
  if (result === null || result === undefined || !result.isThere) return missing(context)
  const sql = (context.req.query('sql') ?? '').slice(0, 4000)
  const { complete } = result
  const tables = await askableTables(result.directory)
  const msMax = queryMsMax(result.tables.reduce((sum, { rows }) => sum + rows, 0))
  const asked = { kind: 'query', run: id, complete, sql, tables, msMax } as const
  const none = { columns: [], cells: [], isCut: false, problem: null }
  const answer = sql.trim() === '' ? none : await ask(result.directory, sql, context.req.raw.signal)
  return page(context, { ...asked, ...answer })
}

/** What changed from the result of another run to this one's. */
async function diff(context: Context, watches: Watches): Promise<Response> {
  const [id = '', other = ''] = [context.req.param('id'), context.req.query('with')]
  const after = comparedOf(watches, id)
  const before = other === '' ? null : comparedOf(watches, other)
  if (after === null || (before === null && other !== '')) return missing(context)
  const others = watches.withResults().filter((line) => line.id !== id)
  return page(context, await diffView(after, before, others))
}

function comparedOf(watches: Watches, run: string): ComparedResult | null {
  const result = watches.run(run)?.result
  const isThere = result?.isThere === true && existsSync(join(result.directory, 'manifest.json'))
  return isThere ? { run, directory: result.directory } : null
}

/** Rows of a table. */
async function table(context: Context, watches: Watches): Promise<Response> {
  const [id = '', name = ''] = [context.req.param('id'), context.req.param('name')]
  const result = watches.run(id)?.result
  if (result === null || result === undefined || !result.isThere) return missing(context)
  const at = Number(context.req.query('at') ?? 0)
  const view = await tableView(id, result.directory, {
    name,
    from: (context.req.query('from') ?? '').slice(0, 1000),
    order: context.req.query('order') === 'value' ? 'value' : 'key',
    startByte: Number.isSafeInteger(at) && at >= 0 ? at : 0,
  })
  return view === null ? missing(context) : page(context, view)
}

function logAsked(context: Context): [id: string, of: string] {
  return [context.req.param('id') ?? '', context.req.param('of') ?? '']
}

/** What an attempt printed, as text. */
function log(context: Context, watches: Watches): Response {
  const [id = '', of = ''] = [context.req.param('id'), context.req.param('of')]
  const directory = watches.directoryOf(id)
  if (directory === null || !isLogName(of)) return missing(context)
  const { text, headLength, droppedBytes } = readLog(directory.logFile(of))
  const whole =
    droppedBytes === 0
      ? text
      : `${text.slice(0, headLength)}\n… ${droppedBytes} bytes are not kept …\n${text.slice(headLength)}`
  return context.text(whole === '' ? 'Nothing was printed.\n' : whole)
}

async function asset(context: Context, name: string, type: string): Promise<Response> {
  const bytes = await readFile(fileURLToPath(new URL(name, import.meta.url)))
  context.header('content-type', type)
  context.header('cache-control', 'private, max-age=60')
  return context.body(bytes)
}
