import { testJob } from 'tallyman'
import { describe, expect, it } from 'vitest'
import wordcount from './wordcount.job.ts'

async function wordsOf(...lines: string[]) {
  const { result } = await testJob(wordcount, lines)
  return Object.fromEntries(result.map(({ key, value }) => [key, value]))
}

describe('wordcount', () => {
  it('counts words in lower case', async () => {
    expect(await wordsOf('The cat, the hat', 'THE END.')).toEqual({ the: 3, cat: 1, hat: 1, end: 1 })
  })

  it('takes apostrophes between letters as part of a word, curly or straight', async () => {
    expect(await wordsOf("don't 'quote' don’t")).toEqual({ "don't": 2, quote: 1 })
  })

  it('counts no numbers, and a letter written in two ways as one', async () => {
    expect(await wordsOf('1984 caf\u00e9 cafe\u0301 2nd')).toEqual({ café: 2, nd: 1 })
  })

  it('reads every script', async () => {
    expect(await wordsOf('Привет, мир', 'धन्यवाद 오늘', 'می‌کنند')).toEqual({
      привет: 1,
      мир: 1,
      धन्यवाद: 1,
      오늘: 1,
      می‌کنند: 1,
    })
  })
})
