import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { TallymanError } from '../errors.ts'
import { describeParams, resolveParams } from './params.ts'

/** A schema of no known library: it says nothing about itself beyond the standard. */
function bare<T>(
  validate: (value: unknown) => StandardSchemaV1.Result<T> | Promise<StandardSchemaV1.Result<T>>,
): StandardSchemaV1<T> {
  return { '~standard': { version: 1, vendor: 'none', validate } }
}

const wordOrNothing = bare((value) =>
  typeof value === 'string' ? { value: value.toUpperCase() } : { issues: [{ message: 'It must be a word' }] },
)

async function refusal(promise: Promise<unknown>): Promise<TallymanError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof TallymanError) return error
  throw new Error(`No TallymanError was thrown but ${String(error)}.`)
}

describe('resolveParams', () => {
  it.each([
    { schema: z.string(), text: '5', value: '5' },
    { schema: z.string(), text: '', value: '' },
    { schema: z.number(), text: '5', value: 5 },
    { schema: z.number(), text: '-0.5e3', value: -500 },
    { schema: z.coerce.number(), text: '5', value: 5 },
    { schema: z.boolean(), text: 'false', value: false },
    { schema: z.null(), text: 'null', value: null },
    { schema: z.bigint(), text: '7', value: 7n },
    { schema: z.bigint(), text: '123456789012345678901', value: 123456789012345678901n },
    { schema: z.enum(['lang', 'country']), text: 'lang', value: 'lang' },
    { schema: z.array(z.string()), text: '["a", "b"]', value: ['a', 'b'] },
    { schema: z.array(z.number()), text: '[]', value: [] },
    { schema: z.number(), text: '1e300', value: 1e300 },
    {
      schema: z.array(z.union([z.number(), z.string()])),
      text: '[1e17, 0.12345678901234566, "9007199254740993", "\\"9007199254740993"]',
      value: [1e17, 0.12345678901234566, '9007199254740993', '"9007199254740993'],
    },
    {
      schema: z.object({ from: z.number(), to: z.number() }),
      text: '{"from":1,"to":2}',
      value: { from: 1, to: 2 },
    },
    { schema: z.string(), text: '["a"]', value: '["a"]' },
    { schema: z.string(), text: '"a"', value: '"a"' },
    { schema: z.string().transform((text) => text.split(',')), text: 'a,b', value: ['a', 'b'] },
    { schema: z.string().refine(async () => true), text: 'a', value: 'a' },
    { schema: wordOrNothing, text: 'abc', value: 'ABC' },
  ])('makes $value of "$text"', async ({ schema, text, value }) => {
    expect(await resolveParams({ params: { given: schema } }, { given: text })).toStrictEqual({
      given: value,
    })
  })

  it('takes no list in which a number would be rounded, and says how a list is given', async () => {
    const params = { ids: z.array(z.number()) }
    expect(await resolveParams({ params }, { ids: '[9007199254740991]' })).toEqual({ ids: [2 ** 53 - 1] })
    for (const ids of ['[9007199254740993]', '[1, -9007199254740993]', '[1e400]', '1,2'])
      expect(await refusal(resolveParams({ params }, { ids }))).toMatchObject({
        code: 'param-invalid',
        wayOut: 'Say --param ids=VALUE, where VALUE is a list in JSON, as [1, 2].',
      })
  })

  it('fills in what is not given', async () => {
    const params = { limit: z.number().default(10), tag: z.string().optional(), name: z.string() }
    const resolved = await resolveParams({ params }, { name: 'x' })
    expect(resolved).toStrictEqual({ limit: 10, tag: undefined, name: 'x' })
    expect(Object.isFrozen(resolved)).toBe(true)
  })

  it('takes nothing where the job takes nothing', async () => {
    expect(await resolveParams({}, {})).toStrictEqual({})
    expect(await refusal(resolveParams({}, { a: '1' }))).toMatchObject({
      code: 'param-invalid',
      message: 'Parameter "a" is not one of the job\'s.',
      wayOut: 'The job takes no parameters.',
    })
  })

  it('names the nearest parameter for one the job does not have', async () => {
    const params = { limit: z.number().default(1), tags: z.string().default('') }
    expect((await refusal(resolveParams({ params }, { limt: '3' }))).wayOut).toBe(
      'Did you mean "limit"? The job takes "limit", "tags".',
    )
    expect((await refusal(resolveParams({ params }, { verbose: '3' }))).wayOut).toBe(
      'The job takes "limit", "tags".',
    )
    expect((await refusal(resolveParams({ params }, { toString: 'x' }))).message).toMatch(
      /"toString" is not one/,
    )
    expect((await refusal(resolveParams({ params }, JSON.parse('{"__proto__":"x"}')))).message).toMatch(
      /"__proto__" is not one/,
    )
  })

  it('names parameter, value, reason and what is allowed', async () => {
    const params = { limit: z.number().int().min(1).max(9) }
    expect(await refusal(resolveParams({ params }, { limit: 'many' }))).toMatchObject({
      code: 'param-invalid',
      message: 'Parameter "limit" is "many": Invalid input: expected number, received string.',
      wayOut: 'Say --param limit=VALUE, where VALUE is integer 1 to 9.',
    })
    const on = z.boolean()
    expect((await refusal(resolveParams({ params: { on } }, { on: 'yes' }))).wayOut).toBe(
      'Say --param on=VALUE, where VALUE is true or false.',
    )
    expect((await refusal(resolveParams({ params }, { limit: '99' }))).message).toBe(
      'Parameter "limit" is "99": Too big: expected number to be <=9.',
    )
    expect((await refusal(resolveParams({ params }, {}))).message).toBe('Parameter "limit" is missing.')
    expect(await refusal(resolveParams({ params: { day: z.date() } }, { day: '2020-02-20' }))).toMatchObject({
      message: expect.stringContaining('Parameter "day" is "2020-02-20": '),
      wayOut: expect.stringContaining('z.coerce.date()'),
    })
    expect((await refusal(resolveParams({ params: { word: wordOrNothing } }, {}))).wayOut).toBe(
      'Say --param word=VALUE.',
    )
  })

  it('does not round a whole number to make it pass', async () => {
    const error = await refusal(
      resolveParams({ params: { id: z.number() } }, { id: '123456789012345678901' }),
    )
    expect(error.message).toBe(
      'Parameter "id" is "123456789012345678901": Invalid input: expected number, received bigint.',
    )
  })
})

describe('describeParams', () => {
  it.each([
    { schema: z.number(), described: { required: true, type: 'number' } },
    { schema: z.number().int(), described: { required: true, type: 'integer' } },
    {
      schema: z.number().int().min(1).max(9).default(3),
      described: { required: false, default: 3, type: 'integer 1 to 9' },
    },
    { schema: z.number().positive(), described: { required: true, type: 'number above 0' } },
    { schema: z.number().min(2).lt(5), described: { required: true, type: 'number from 2 below 5' } },
    { schema: z.enum(['a', 'b']), described: { required: true, type: '"a" or "b"' } },
    {
      schema: z.union([z.number(), z.literal('all')]),
      described: { required: true, type: 'number or "all"' },
    },
    { schema: z.iso.date(), described: { required: true, type: 'string (date)' } },
    { schema: z.string().regex(/^#/), described: { required: true, type: 'string matching /^#/' } },
    {
      schema: z.string().optional().describe('The tag'),
      described: { required: false, type: 'string', description: 'The tag' },
    },
    { schema: z.bigint(), described: { required: true } },
    { schema: wordOrNothing, described: { required: true } },
    { schema: bare((value) => ({ value: value ?? 4 })), described: { required: false, default: 4 } },
    { schema: bare(async () => ({ issues: [{ message: 'no' }] })), described: { required: false } },
    { schema: bare(() => Promise.reject(new Error('no'))), described: { required: false } },
  ])('says $described', ({ schema, described }) => {
    expect(describeParams({ params: { name: schema } })).toStrictEqual([{ name: 'name', ...described }])
  })

  it('keeps the order written', () => {
    const params = { b: z.string(), a: z.string() }
    expect(describeParams({ params }).map(({ name }) => name)).toStrictEqual(['b', 'a'])
    expect(describeParams({})).toStrictEqual([])
  })
})
