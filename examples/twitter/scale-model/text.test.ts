import { describe, expect, it } from 'vitest'
import { Random } from './random.ts'
import { writeText } from './text.ts'

const allTags = [
  '#coronavirus',
  '#corona',
  '#covid19',
  '#covid-19',
  '#covid2019',
  '#covid-2019',
  '#virus',
  '#flu',
  '#sick',
]
const languages = ['en', 'ja', 'ko', 'tr', 'th', 'und', 'ar', 'bo', 'xx']

function foundIn(text: string): string[] {
  return allTags.filter((tag) => text.toLowerCase().includes(tag))
}

describe('writeText', () => {
  const random = new Random('text')

  it('puts no tag where none is planned, whatever looks like one', () => {
    for (let number = 0; number < 5000; number++) {
      const language = random.pick(languages)
      const { text, fullText } = writeText({ language, tags: [], tagsOnlyInFull: [] }, random)
      expect(foundIn(text + fullText), text).toEqual([])
    }
  })

  it('puts planned tags into the text, and the others into the whole text alone', () => {
    for (let number = 0; number < 3000; number++) {
      const tags = random.shuffle(['#covid19', '#flu', '#sick', '#virus']).slice(0, random.between(0, 4))
      const options = { language: random.pick(languages), tags, tagsOnlyInFull: ['#covid-19', '#covid2019'] }
      const { text, fullText } = writeText(options, random)
      expect(foundIn(text).toSorted(), text).toEqual(tags.toSorted())
      expect(foundIn(fullText ?? '').toSorted(), fullText ?? '').toEqual(
        [...tags, '#covid-19', '#covid2019'].toSorted(),
      )
    }
  })

  it('cuts a tag so that a shorter one is left of it', () => {
    for (let number = 0; number < 500; number++) {
      const options = {
        language: random.pick(languages),
        tags: ['#corona'],
        tagsOnlyInFull: ['#coronavirus'],
      }
      const { text, fullText } = writeText(options, random)
      expect(foundIn(text), text).toEqual(['#corona'])
      expect(foundIn(fullText ?? '')).toEqual(['#coronavirus', '#corona'])
    }
  })
})
