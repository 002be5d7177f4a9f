import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { addressOf, shippedAddressOf } from './file-address.ts'

const odd = `/a b/c 100%20 #1/é \u2028\n"'^|`

it('addressOf leads to the same file, and has nothing in it at which Spark would cut', () => {
  const address = addressOf(`${odd}[x]{y},*?\\`)
  expect(fileURLToPath(address)).toBe(`${odd}[x]{y},*?\\`)
  expect(address.slice('file://'.length)).toMatch(/^[\w/.,%*'!~()-]+$/)
  expect(addressOf('/plain/pack-1.tar.gz')).toBe('file:///plain/pack-1.tar.gz')
})

it('shippedAddressOf refuses what Spark would take for a list or a pattern, with what to do', () => {
  expect(shippedAddressOf(odd, '')).toBe(addressOf(odd))
  for (const path of ['/a,b', '/[x]', '/{x}', '/*', '/a?', '/a\\b'])
    expect(() => shippedAddressOf(path, 'Move it.')).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(path), wayOut: 'Move it.' }),
    )
})
