import { bytes, defineJob, groupReduce } from 'tallyman'
import { readConversions } from './warc.ts'

/** Three digits, three digits, four digits, as North America writes them. */
const phone = /(?:\+?1[-. ]?)?\(?(\d{3})\)?[-. ](\d{3})[-. ](\d{4})/g

export default defineJob({
  description: 'Phone numbers of each host: [number, url], sorted, each once.',
  input: bytes(),
  reduce: groupReduce((_host: string, found: Iterable<[phone: string, url: string]>) => {
    const pairs = new Map<string, [phone: string, url: string]>()
    for (const pair of found) pairs.set(pair.join(' '), pair)
    return [...pairs.values()].sort(([left], [right]) => (left < right ? -1 : 1))
  }),
  map(content, emit) {
    for (const { url, text } of readConversions(content))
      for (const [, area, exchange, line] of text.matchAll(phone))
        emit(new URL(url).host, [`+1${area}${exchange}${line}`, url])
  },
})
