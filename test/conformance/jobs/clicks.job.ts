import { all, count, defineJob, first, jsonl, last, max, mean, min } from 'tallyman'

interface Click {
  readonly c?: string
  readonly t?: number
  readonly g?: string
  /** Latitude and longitude. */
  readonly ll?: readonly [number, number]
}

export default defineJob({
  description:
    'Clicks on short links by country: how many, from when to when, where, the first and the last.',
  input: jsonl<Click>(),
  reduce: {
    clicks: count<string | null>(),
    times: all({ earliest: min<string | null, number>(), latest: max<string | null, number>() }),
    latitude: mean<string | null>(),
    links: all({ first: first<string | null, string>(), last: last<string | null, string>() }),
  },
  map({ c: country = null, t, g, ll }, emit, ctx) {
    emit.clicks(country)
    if (t === undefined || g === undefined) return ctx.counter('no click')
    emit.times(country, { earliest: t, latest: t })
    emit.links(country, { first: g, last: g })
    if (ll !== undefined) emit.latitude(country, ll[0])
  },
})
