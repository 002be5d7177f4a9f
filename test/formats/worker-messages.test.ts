/** Reads the page about messages between coordinator and workers, and holds the code to it. */

import { describe, expect, test } from 'vitest'
import { encodeFrame, FrameParser } from '../../src/executor/frames.ts'
import { isFromWorker } from '../../src/executor/messages.ts'
import { blockOf, hexOf, quotedIn, readPage } from '../fixtures/pages.ts'
import { readTypes } from '../fixtures/type-members.ts'

const page = readPage('worker-messages.md')
const types = readTypes({
  'executor/messages.ts': ['ToWorker', 'FromWorker'],
  'executor/thread-messages.ts': ['ToHost', 'FromHost'],
})

interface Message {
  readonly type: string
}

/** What is said in the example, in one direction. */
function said(sign: '>' | '<'): Message[] {
  const conversation = /\n```\n(> [\s\S]*?)\n```/.exec(page)?.[1] ?? ''
  return conversation
    .split('\n')
    .filter((line) => line.startsWith(sign))
    .map((line) => JSON.parse(line.slice(2)))
}

describe('docs/formats/worker-messages.md', () => {
  test.each(['ToWorker', 'FromWorker', 'ToHost', 'FromHost'])(
    'describes every message and field of %s',
    (type) => {
      const { properties, kinds } = types.get(type)!
      // Splits and the job are described with the plan, reports and faults with the journal.
      const quoted = quotedIn(page + readPage('plan.md') + readPage('journal.md'))
      expect([...properties, ...kinds].filter((name) => !quoted.has(name))).toEqual([])
    },
  )

  test('has every message in its example', () => {
    const told = new Set(said('>').map(({ type }) => type))
    const answered = new Set(said('<').map(({ type }) => type))
    expect([...told].sort()).toEqual(['load', 'run'])
    for (const type of told) expect(types.get('ToWorker')!.kinds).toContain(type)
    // The other kinds are those of a job's reducers, and of a report.
    const messages = [...types.get('FromWorker')!.kinds].filter((kind) => isFromWorker(messageOf(kind)))
    expect([...answered].sort()).toEqual(messages.sort())
  })

  test('has messages of workers that are taken for such', () => {
    for (const message of said('<')) expect(isFromWorker(message)).toBe(true)
    for (const message of said('>')) expect(isFromWorker(message)).toBe(false)
  })

  test('is held to for reports: a text has a length, but is no list', () => {
    const report = { spills: [], sources: [], counters: {}, emitted: 0, damaged: [] }
    const done = (changed: object): object => ({
      type: 'done',
      id: 'map-00000.1',
      report: { kind: 'map', report: { ...report, ...changed } },
    })
    expect(isFromWorker(done({}))).toBe(true)
    for (const name of ['spills', 'sources', 'damaged'])
      expect(isFromWorker(done({ [name]: '[]' }))).toBe(false)
    expect(isFromWorker({ type: 'done', id: '', report: { kind: 'reduce', report } })).toBe(false)
  })

  test('has messages that come through frames as they are', () => {
    const messages = [...said('>'), ...said('<')]
    const bytes = Buffer.concat(messages.map(encodeFrame))
    expect(new FrameParser().push(bytes)).toEqual(messages)
  })

  const dump = hexOf(blockOf(page, 'hex'))

  test('has bytes that are read as the messages beside them, however they arrive', () => {
    const progress = { readBytes: 65536, bytes: 412300, records: 180, rejected: 1, groups: 0 }
    const expected = [
      { type: 'kill', life: 3 },
      { type: 'progress', id: 'map-00012.1', progress },
    ]
    expect(new FrameParser().push(dump)).toEqual(expected)
    const parser = new FrameParser()
    expect([...dump].flatMap((byte) => parser.push(Buffer.of(byte)))).toEqual(expected)
    expect(Buffer.concat(expected.map(encodeFrame))).toEqual(dump)
  })

  test('has the magic and the length that the page describes', () => {
    expect(dump[0]).toBe(0xff)
    expect(dump.readUInt32LE(1)).toBe('{"type":"kill","life":3}'.length)
    expect(() => new FrameParser().push(Buffer.from('printed by a job'))).toThrow(
      expect.objectContaining({ code: 'protocol-broken' }),
    )
    const [longest, tooLong] = [2 ** 28, 2 ** 28 + 1].map((length) => {
      const head = Buffer.alloc(5, 0xff)
      head.writeUInt32LE(length, 1)
      return head
    })
    expect(new FrameParser().push(longest!)).toEqual([])
    expect(() => new FrameParser().push(tooLong!)).toThrow(
      expect.objectContaining({ code: 'protocol-broken' }),
    )
  })

  test('writes a bigint as the text of its digits', () => {
    const [message] = new FrameParser().push(
      encodeFrame({ type: 'loaded', job: { params: { least: 2n ** 64n } } }),
    )
    expect(message).toEqual({ type: 'loaded', job: { params: { least: '18446744073709551616' } } })
  })
})

/** Something with this type and all that messages may hold. */
function messageOf(type: string): object {
  return { type, id: '', job: {}, fault: {}, progress: {}, report: { kind: 'reduce', report: { parts: [] } } }
}
