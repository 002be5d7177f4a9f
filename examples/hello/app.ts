import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openResult } from 'tallyman'

/** The result that is shown: `tallyman run JOB FILES… -o result` beside this file makes it. */
const place = join(import.meta.dirname, 'result')

export default {
  /** Answers a request: `tallyman serve` calls it for each. */
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname !== '/') return new Response('There is no such page.\n', { status: 404 })
    const html = page(existsSync(place) ? await tables() : '<p>There is no result yet.</p>')
    return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } })
  },
}

const rowsMax = 10

/** The first rows of each table of the result. */
async function tables(): Promise<string> {
  const { tables } = await openResult(place)
  const parts: string[] = []
  for (const table of Object.values(tables)) {
    const rows: string[] = []
    for await (const { key, value } of table) {
      if (rows.push(`<tr><td>${show(key)}</td><td>${show(value)}</td></tr>`) === rowsMax) break
    }
    parts.push(`<h2>${show(table.name)}, ${table.rows} rows</h2><table>${rows.join('')}</table>`)
  }
  return parts.join('')
}

/** Keys and values as text, which is no HTML whatever is in it. */
function show(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

function page(content: string): string {
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>hello, world</title>
  <style>body { font: 1rem/1.5 system-ui; margin: 2rem auto; max-width: 40rem } td { padding-right: 2rem }</style>
  <h1>hello, world</h1>
  ${content}
</html>
`
}
