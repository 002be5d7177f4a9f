/** What the page of a run's result says of its tables, where no browser is needed to see it. */
import { basename, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { pageOf } from '../../src/web/server.ts'
import { Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())

const token = 'A'.repeat(32)

async function pageAt(path: string): Promise<string> {
  const app = pageOf({ runsFolder: join(shop.folder, 'home/runs'), token, hosts: [] })
  const host = 'localhost:50123'
  const headers = { host, cookie: `tallyman-50123=${token}` }
  return await (await app.request(`http://${host}${path}`, { headers })).text()
}

test('names columns as a query takes them, and offers largest values where there are some', async () => {
  shop.write(
    'gifts.job.ts',
    `import { all, count, defineJob, jsonl, sum } from 'tallyman'
    export default defineJob({
      input: jsonl<{ party: string; euros: number }>(),
      reduce: { party: all({ n: count(), total: sum() }), gifts: count<string>() },
      columns: { party: ['party'], gifts: ['party'] },
      map({ party, euros }, emit) { emit.party(party, { total: euros }); emit.gifts(party) },
    })`,
  )
  shop.write('gifts.jsonl', '{"party":"\\"Freie\\" Wähler","euros":5}\n')
  expect(shop.run('run', 'gifts.job.ts', 'gifts.jsonl', '-q').status).toBe(0)
  const run = `/runs/${basename(shop.runs()[0] ?? '')}`
  expect(await pageAt(`${run}/query`)).toContain('gifts (party, value); party (party, n, total)')
  const page = await pageAt(run)
  expect(page).toContain(`${run}/tables/gifts?order=value`)
  expect(page).not.toContain(`${run}/tables/party?order=value`)
  expect(page).toContain('>&quot;Freie&quot; Wähler<')
})
