import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { describeSchema, isStandardSchema } from './schema.ts'

/** A schema whose library says what is given here of it. */
function saying(jsonSchema: unknown): StandardSchemaV1 {
  const standard = { version: 1, vendor: 'test', validate: () => ({ value: 1 }), jsonSchema }
  return { '~standard': standard } as unknown as StandardSchemaV1
}

const typeOf = (json: object) => describeSchema(saying({ input: () => json })).type

describe('describeSchema', () => {
  test.each<[string, z.ZodType]>([
    ['string', z.string()],
    ['integer', z.int()],
    ['integer 1 to 10', z.int().min(1).max(10)],
    ['number from 2', z.number().min(2)],
    ['number up to 2', z.number().max(2)],
    ['number above 2', z.number().gt(2)],
    ['number below 2', z.number().lt(2)],
    ['"a" or "b"', z.enum(['a', 'b'])],
    ['3', z.literal(3)],
    ['string or null', z.string().nullable()],
    ['a list in JSON, as [1, 2]', z.array(z.string())],
    ['an object in JSON, as {"a": 1}', z.object({ a: z.string() })],
    ['an object in JSON, as {"a": 1}', z.record(z.string(), z.number())],
  ])('says %s', (text, schema) => {
    expect(describeSchema(schema).type).toBe(text)
  })

  test('says what several types, a format and a pattern are', () => {
    expect(typeOf({ type: ['string', 'number'] })).toBe('string or number')
    expect(typeOf({ type: 'string', format: 'date' })).toBe('string (date)')
    expect(typeOf({ type: 'string', pattern: '^a' })).toBe('string matching /^a/')
    expect(typeOf({ oneOf: [{ type: 'string' }, { type: 'number', minimum: 1 }] })).toBe(
      'string or number from 1',
    )
  })

  test('says nothing where one of the choices says nothing, or is none', () => {
    expect(typeOf({ anyOf: [{ type: 'string' }, {}] })).toBeUndefined()
    expect(typeOf({ anyOf: [{ type: 'string' }, null, 'text'] })).toBeUndefined()
    expect(typeOf({ type: 4 })).toBeUndefined()
    expect(typeOf({ minimum: 4 })).toBeUndefined()
  })

  test('asks for the draft of 2020', () => {
    const asked: unknown[] = []
    const input = (options: unknown) => {
      asked.push(options)
      return { type: 'string', description: 'A name.' }
    }
    expect(describeSchema(saying({ input }))).toEqual({ type: 'string', description: 'A name.' })
    expect(asked).toEqual([{ target: 'draft-2020-12' }])
  })

  test.each([
    undefined,
    null,
    'text',
    {},
    { input: 'no function' },
    {
      input: () => {
        throw new Error('It cannot be said.')
      },
    },
  ])('says nothing where the library says nothing: case %#', (jsonSchema) => {
    expect(describeSchema(saying(jsonSchema))).toEqual({})
  })

  test('says nothing of a library that does not know how to', () => {
    const standard = { version: 1, vendor: 'test', validate: () => ({ value: 1 }) }
    expect(describeSchema({ '~standard': standard } as unknown as StandardSchemaV1)).toEqual({})
  })
})

test('a standard schema is an object or a function that says so, and can validate', () => {
  const standard = { version: 1, validate: () => ({ value: 1 }) }
  expect(isStandardSchema({ '~standard': standard })).toBe(true)
  expect(isStandardSchema(Object.assign(() => 1, { '~standard': standard }))).toBe(true)
  for (const none of [
    null,
    'text',
    {},
    { '~standard': null },
    { '~standard': 'text' },
    { '~standard': { version: 1 } },
    { '~standard': { ...standard, version: 2 } },
    { '~standard': { version: 1, validate: 'no function' } },
    { '~standard': { validate: standard.validate } },
  ])
    expect(isStandardSchema(none)).toBe(false)
})
