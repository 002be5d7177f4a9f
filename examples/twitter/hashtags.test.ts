import { testJob } from 'tallyman'
import { describe, expect, it } from 'vitest'
import hashtags from './hashtags.job.ts'

const here = { country_code: 'US' }

describe('hashtags', () => {
  it('counts each tag once a tweet, and _all once a tweet, whatever the tags', async () => {
    const { lang, country } = await testJob(hashtags, [
      { text: 'two #flu, one #FLU', lang: 'en', place: here },
      { text: '#Coronavirus is #corona too', lang: 'en', place: here },
      { text: 'nothing', lang: 'es', place: here },
    ])
    expect(lang).toEqual([
      { key: ['#corona', 'en'], value: 1 },
      { key: ['#coronavirus', 'en'], value: 1 },
      { key: ['#flu', 'en'], value: 1 },
      { key: ['_all', 'en'], value: 2 },
      { key: ['_all', 'es'], value: 1 },
    ])
    expect(country.at(-1)).toEqual({ key: ['_all', 'US'], value: 3 })
  })

  it('keeps a place that is null, or not there, apart from an empty country code', async () => {
    const { country } = await testJob(hashtags, [
      { text: 'a', lang: 'en', place: null },
      { text: 'b', lang: 'en' },
      { text: 'c', lang: 'en', place: { country_code: '' } },
    ])
    expect(country).toEqual([
      { key: ['_all', null], value: 2 },
      { key: ['_all', ''], value: 1 },
    ])
  })

  it('finds tags in any case and script, and only with a real number sign', async () => {
    const texts = ['#SIC\u212a', '＃sick', '#ſick', '#코로나바이러스감염증', '#COVİD19', '#hospitality']
    const { lang } = await testJob(
      hashtags,
      texts.map((text) => ({ text, lang: 'und', place: null })),
    )
    expect(lang).toEqual([
      { key: ['#hospital', 'und'], value: 1 },
      { key: ['#sick', 'und'], value: 1 },
      { key: ['#코로나바이러스', 'und'], value: 1 },
      { key: ['_all', 'und'], value: 6 },
    ])
  })

  it('passes over records that are no tweets', async () => {
    const { lang, country, day } = await testJob(hashtags, [{}])
    expect([lang, country, day]).toEqual([[], [], []])
  })

  it('reads the text as it was cut, or whole with the parameter text=full', async () => {
    const tweet = {
      text: '#corona… https://t.co/x',
      extended_tweet: { full_text: '#coronavirus and more' },
      lang: 'en',
      place: null,
    }
    const tagsIn = (rows: readonly { key: unknown }[]) =>
      rows.map(({ key }) => (Array.isArray(key) ? key[0] : key))
    const cut = await testJob(hashtags, [tweet])
    expect(tagsIn(cut.lang)).toEqual(['#corona', '_all'])
    const whole = await testJob(hashtags, [tweet], { params: { text: 'full' } })
    expect(tagsIn(whole.lang)).toEqual(['#corona', '#coronavirus', '_all'])
  })
})
