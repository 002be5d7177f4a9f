import { expect, it } from 'vitest'
import { foldersOf } from './worker-image.ts'

it('foldersOf names every folder once, and before what is in it', () => {
  expect(foldersOf(['/bin/sh', '/usr/local/bin/node', '/usr/lib/x.so'])).toEqual([
    ...['bin', 'usr', 'usr/local', 'usr/local/bin', 'usr/lib'],
  ])
})
