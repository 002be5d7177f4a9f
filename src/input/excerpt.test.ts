import { expect, test } from 'vitest'
import { excerptOf } from './excerpt.ts'

test('excerptOf has the first 200 characters, of whatever size, and shows bytes that are no text', () => {
  const of = (text: string): string => excerptOf(Buffer.from(text), 0, Buffer.byteLength(text))
  expect(of('short')).toBe('short')
  expect(of('x'.repeat(300))).toBe('x'.repeat(200))
  expect(of('오'.repeat(300))).toBe('오'.repeat(200))
  expect(of('😀'.repeat(300))).toBe('😀'.repeat(200))
  expect(of('x'.repeat(200))).toBe('x'.repeat(200))
  expect(excerptOf(Buffer.from('..text..'), 2, 6)).toBe('text')
  expect(excerptOf(Buffer.of(0x61, 0xff, 0x62), 0, 3)).toBe('a\ufffdb')
})
