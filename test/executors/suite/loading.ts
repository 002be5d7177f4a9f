/** How a pool loads its job, and says what is wrong with it. */
import { describe, expect, it } from 'vitest'
import { mapAttempt, mapReportOf, perform } from '../workplace.ts'
import type { Place } from './place.ts'

export function testLoading(place: () => Place): void {
  describe('load', () => {
    it('reports the job and its parameters, validated', async () => {
      const pool = await place().openPool({ params: { least: '3' } })
      const { description, params } = await pool.load()
      expect(description).toMatchObject({
        description: 'Counts words.',
        input: { name: 'text' },
        params: [{ name: 'least' }],
        tables: [{ name: 'lines' }, { name: 'words' }],
      })
      expect(params).toEqual({ least: 3 })
      expect(pool.freeSeats).toBe(1)
    })

    it('reports parameters that are no plain data', async () => {
      const pool = await place().openPool({ job: 'function-param', params: { pattern: '^a' } })
      const { params } = await pool.load()
      expect(params).toMatchObject({ big: String(2n ** 70n) })
      const split = place().write('lines.txt', ['apple', 'banana', 'apricot'])
      const outcome = await perform(pool, mapAttempt('map-00000.1', [split]))
      expect(mapReportOf(outcome).emitted).toBe(2)
    })

    it.each([
      [
        'throws-at-import',
        'job-invalid',
        /throws-at-import\.job\.ts could not be loaded: the stars are wrong/,
      ],
      ['no-default', 'job-invalid', /no-default\.job\.ts has no default export/],
      ['no-job', 'job-invalid', /no-job\.job\.ts exports something else than a job/],
      ['exits-at-import', 'job-exited', /process\.exit\(7\)/],
    ])('throws what is wrong with the job %s', async (job, code, message) => {
      const pool = await place().openPool({ job })
      await expect(pool.load()).rejects.toMatchObject({
        code: expect.stringMatching(code),
        message: expect.stringMatching(message),
      })
      expect(pool.freeSeats).toBe(1)
    })

    it('throws param-invalid, naming the parameter, and for one that is missing or unknown', async () => {
      const wrong = await place().openPool({ params: { least: 'many' } })
      await expect(wrong.load()).rejects.toMatchObject({
        code: 'param-invalid',
        message: expect.stringContaining('least'),
      })
      const unknown = await place().openPool({ params: { leest: '3' } })
      await expect(unknown.load()).rejects.toMatchObject({ code: 'param-invalid' })
      const missing = await place().openPool({ job: 'function-param' })
      await expect(missing.load()).rejects.toMatchObject({ code: 'param-invalid' })
    })

    it('gives the loading of the job time of its own, in an attempt too', async () => {
      // Less than the loading takes, and enough for a machine that has much else to do to go on with a line.
      const slow = await place().openPool({ job: 'slow-to-load', taskTimeoutMs: 3000 })
      const attempt = mapAttempt('map-00000.1', [place().write('lines.txt', ['a'])])
      expect(await perform(slow, attempt)).toMatchObject({ kind: 'done' })
      const short = await place().openPool({ job: 'slow-to-load', loadTimeoutMs: 400 })
      const given = { code: 'job-invalid', message: expect.stringContaining('Loading the job did not end') }
      expect(await perform(short, attempt)).toMatchObject({ kind: 'failed', fault: given })
      await expect(short.load()).rejects.toMatchObject(given)
      expect(short.freeSeats).toBe(1)
    })

    it('throws when the worker cannot be started', async () => {
      const pool = await place().openPool({ cwd: place().path('nowhere') })
      await expect(pool.load()).rejects.toMatchObject({
        message: expect.stringContaining('could not be started'),
      })
      expect(pool.freeSeats).toBe(1)
    })
  })
}
