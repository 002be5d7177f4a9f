import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'

/** What a schema says about itself, as far as its library tells: by Standard JSON Schema, which zod and others offer. */
export interface SchemaText {
  /** Type and allowed values in words, for example `integer 1 to 10` or `"a" or "b"`. */
  readonly type?: string
  readonly description?: string
}

/** Is this a Standard Schema, version 1, of any library? A schema may be an object or, as in arktype, a function. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false
  if (!('~standard' in value)) return false
  const standard = value['~standard']
  if (typeof standard !== 'object' || standard === null) return false
  return (
    'version' in standard &&
    standard.version === 1 &&
    'validate' in standard &&
    typeof standard.validate === 'function'
  )
}

/** Describes what a schema takes. Never throws: a library may say nothing, or fail to. */
export function describeSchema(schema: StandardSchemaV1): SchemaText {
  if (!hasJsonSchema(schema)) return {}
  let json: Record<string, unknown>
  try {
    json = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' })
  } catch {
    // The specification lets a library throw for what JSON Schema cannot say: then nothing is said.
    return {}
  }
  const type = typeText(json)
  return {
    ...(type === undefined ? {} : { type }),
    ...(typeof json.description === 'string' ? { description: json.description } : {}),
  }
}

function hasJsonSchema(schema: StandardSchemaV1): schema is StandardSchemaV1 & StandardJSONSchemaV1 {
  const standard = schema['~standard']
  if (!('jsonSchema' in standard)) return false
  const converter = standard.jsonSchema
  return (
    typeof converter === 'object' &&
    converter !== null &&
    'input' in converter &&
    typeof converter.input === 'function'
  )
}

function typeText(json: Readonly<Record<string, unknown>>): string | undefined {
  if (Array.isArray(json.enum)) return json.enum.map((value: unknown) => JSON.stringify(value)).join(' or ')
  if ('const' in json) return JSON.stringify(json.const)
  const choices = json.anyOf ?? json.oneOf
  if (Array.isArray(choices)) {
    const texts = choices.map((choice: unknown) => (isObject(choice) ? typeText(choice) : undefined))
    return texts.every((text) => text !== undefined) ? texts.join(' or ') : undefined
  }
  if (json.type === 'array') return 'a list in JSON, as [1, 2]'
  if (json.type === 'object') return 'an object in JSON, as {"a": 1}'
  const type = Array.isArray(json.type) ? json.type.join(' or ') : json.type
  return typeof type === 'string' ? `${type}${boundsText(json)}${shapeText(json)}` : undefined
}

function boundsText(json: Readonly<Record<string, unknown>>): string {
  const least = bound(json.minimum)
  const most = bound(json.maximum)
  const above = bound(json.exclusiveMinimum)
  const below = bound(json.exclusiveMaximum)
  if (least !== undefined && most !== undefined) return ` ${least} to ${most}`
  const lower = least !== undefined ? ` from ${least}` : above !== undefined ? ` above ${above}` : ''
  const upper = most !== undefined ? ` up to ${most}` : below !== undefined ? ` below ${below}` : ''
  return lower + upper
}

/** A bound worth telling: those at the end of the safe integers are zod's way to say integer. */
function bound(value: unknown): number | undefined {
  if (typeof value !== 'number' || Math.abs(value) === Number.MAX_SAFE_INTEGER) return undefined
  return value
}

function shapeText(json: Readonly<Record<string, unknown>>): string {
  if (typeof json.format === 'string') return ` (${json.format})`
  return typeof json.pattern === 'string' ? ` matching /${json.pattern}/` : ''
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
