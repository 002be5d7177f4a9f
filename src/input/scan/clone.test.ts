import { types } from 'node:util'
import { deserialize, Serializer, serialize } from 'node:v8'
import { BroadcastChannel, MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { jsonl } from '../decode/jsonl.ts'

interface Tweet {
  text: string
  user: { name: string }
  id: bigint
}

const plain: Tweet = { text: 't', user: { name: 'n' }, id: 12345678901234567890n }

/** A record nothing has been read of, and its user. */
function untouched(): { tweet: Tweet; user: Tweet['user'] } {
  const decoder = jsonl<Tweet>().decoder()
  const line = '{"text":"t","user":{"name":"n"},"id":12345678901234567890}'
  const chunk = Buffer.from(`${line}\n${line}`)
  decoder.enterChunk?.(chunk)
  const first = decoder.decode(chunk, 0, line.length) as Tweet
  expect(first.user.name).toBe('n')
  const tweet = decoder.decode(chunk, line.length + 1, chunk.length) as Tweet
  const { user } = tweet
  expect([types.isProxy(tweet), types.isProxy(user)]).toEqual([true, true])
  return { tweet, user }
}

const ways: Readonly<Record<string, (value: unknown) => unknown>> = {
  structuredClone: (value) => structuredClone(value),
  'v8.serialize': (value) => deserialize(serialize(value)),
  'MessagePort.postMessage': (value) => {
    const { port1, port2 } = new MessageChannel()
    port1.postMessage(value)
    port1.close()
    return (receiveMessageOnPort(port2) as { message: unknown }).message
  },
}

describe.each(Object.entries(ways))('%s', (_, copy) => {
  test('takes a lazy record, and a part of one', () => {
    const { tweet, user } = untouched()
    expect(copy(tweet)).toStrictEqual(plain)
    expect(copy(user)).toStrictEqual(plain.user)
  })

  test('takes lazy records inside of lists, maps, sets and instances, once each', () => {
    class Holder {
      readonly held: unknown
      constructor(held: unknown) {
        this.held = held
      }
    }
    const { tweet, user } = untouched()
    const list: unknown[] = [tweet, new Map([[user, tweet]]), new Set([user]), new Holder(tweet)]
    list.push(list)
    const cloned = copy(list) as [Tweet, Map<unknown, unknown>, Set<unknown>, { held: unknown }, unknown]
    expect(cloned[0]).toStrictEqual(plain)
    expect(cloned[1].get(cloned[0].user)).toBe(cloned[0])
    expect([...cloned[2]]).toEqual([cloned[0].user])
    expect(cloned[3].held).toBe(cloned[0])
    expect(cloned[4]).toBe(cloned)
  })

  test('still refuses what cannot be cloned', () => {
    expect(() => copy({ tweet: untouched().tweet, call: () => 1 })).toThrow('could not be cloned.')
  })
})

test('structuredClone still transfers, beside a lazy record', () => {
  const buffer = new ArrayBuffer(8)
  const { tweet } = untouched()
  const cloned = structuredClone({ tweet, buffer }, { transfer: [buffer] })
  expect([cloned.buffer.byteLength, buffer.byteLength]).toEqual([8, 0])
  expect(cloned.tweet).toStrictEqual(plain)
})

test('Worker.postMessage and BroadcastChannel.postMessage take lazy records', async () => {
  const worker = new Worker(
    `const { parentPort, BroadcastChannel } = require('node:worker_threads')
     const channel = new BroadcastChannel('clone-test')
     channel.onmessage = ({ data }) => { parentPort.postMessage(data); channel.close(); parentPort.close() }
     parentPort.on('message', (message) => parentPort.postMessage(message))`,
    { eval: true },
  )
  const received: unknown[] = []
  const arrivals = new Promise<void>((resolve) => {
    const channel = new BroadcastChannel('clone-test')
    worker.on('message', (message) => {
      received.push(message)
      if (received.length === 1) channel.postMessage(untouched().user)
      else {
        channel.close()
        resolve()
      }
    })
  })
  worker.postMessage(untouched().tweet)
  await arrivals
  await worker.terminate()
  expect(received).toStrictEqual([plain, plain.user])
})

test('workerData takes lazy records', async () => {
  const worker = new Worker(
    `const w = require('node:worker_threads'); w.parentPort.postMessage(w.workerData)`,
    {
      eval: true,
      workerData: untouched().tweet,
    },
  )
  const received = await new Promise((resolve) => worker.once('message', resolve))
  await worker.terminate()
  expect(received).toStrictEqual(plain)
})

test('what cannot be taught refuses a lazy record by name', () => {
  const { tweet } = untouched()
  expect(() => new Serializer().writeValue(tweet)).toThrow('#<LazyRecord> could not be cloned.')
})
