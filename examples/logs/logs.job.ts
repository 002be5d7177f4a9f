import { all, count, defineJob, sum, text, topK } from 'tallyman'
import { type AccessLine, readAccessLine, readErrorLine } from './apache.ts'

export default defineJob({
  description: 'Apache logs: statuses and levels by hour, requests and bytes by client, the largest answers.',
  input: text(),
  reduce: {
    /** [hour, status] → requests. */
    status: count<[hour: string, status: number]>(),
    /** [hour, level] → messages of the error log. */
    level: count<[hour: string, level: string]>(),
    /** client → requests and bytes. */
    clients: all({ requests: count<string>(), bytes: sum() }),
    /** status → the ten largest answers. */
    largest: topK<number, Pick<AccessLine, 'bytes' | 'path' | 'client'>>(10, { by: ({ bytes }) => bytes }),
  },
  map(line, emit, ctx) {
    const request = readAccessLine(line)
    if (request !== null) {
      const { hour, status, client, bytes, path } = request
      emit.status([hour, status])
      emit.clients(client, { bytes })
      emit.largest(status, { bytes, path, client })
      return
    }
    const message = readErrorLine(line)
    if (message !== null) emit.level([message.hour, message.level])
    else if (line.trim() !== '') ctx.counter('not a log line')
  },
})
