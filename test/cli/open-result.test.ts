/** What a program that is no job imports of the package: a result that a run has written. */
import { afterAll, expect, it } from 'vitest'
import { openResult } from '../../src/index.ts'
import { Workshop } from '../fixtures/program.ts'

const shop = new Workshop()
afterAll(() => shop.remove())

it('opens what a run has written', async () => {
  shop.write('in.txt', 'the wheels on the bus\n')
  const job = shop.job('words.job.ts', 'for (const word of line.split(" ")) emit(word)')
  expect(shop.run('run', job, 'in.txt', '-o', 'out').status).toBe(0)
  const { tables, manifest } = await openResult<{ result: { key: string; value: number }[] }>(
    `${shop.folder}/out`,
  )
  expect([await tables.result.get('the'), await tables.result.get('The')]).toEqual([2, undefined])
  const words: string[] = []
  for await (const { key } of tables.result) words.push(key)
  expect(words).toEqual(['bus', 'on', 'the', 'wheels'])
  expect(manifest.records).toBe(1)
})
