import { expect, test } from 'vitest'
import { seenFrom } from './identity-of-tasks.ts'

test('files are seen from the working directory, by threads as by processes, and otherwise from containers', () => {
  expect(seenFrom('process', '/home/ada')).toBe('/home/ada')
  expect(seenFrom('thread', '/home/ada')).toBe('/home/ada')
  expect(seenFrom('container', '/home/ada')).toBe('container /home/ada')
})
