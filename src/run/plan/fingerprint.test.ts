import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainFile, zipFile } from '../../../test/fixtures/plans.ts'
import { type FingerprintParts, fingerprint } from './fingerprint.ts'

const parts: FingerprintParts = {
  engine: '0.1.0, build 3f5a9c01, Node 20.20.2',
  surroundings: 'UTC, en_US',
  codeSha256: '00'.repeat(32),
  params: { tag: '#corona', min: '3' },
  resolved: { tag: '#corona', min: 3, day: '2020-02-20' },
  files: [plainFile('a.txt', 10), zipFile('b.zip', ['x'])],
  accept: ['2020-02-20', 'b.zip'],
}
const [a, b] = parts.files as [(typeof parts.files)[0], (typeof parts.files)[0]]

describe('fingerprint', () => {
  test('is 64 hex digits, the same for the same parts', () => {
    expect(fingerprint(parts)).toMatch(/^[0-9a-f]{64}$/)
    expect(fingerprint(structuredClone(parts))).toBe(fingerprint(parts))
  })

  test('does not depend on the order in which parameters and accepted names were given', () => {
    const { accept } = parts
    expect(fingerprint({ ...parts, params: { min: '3', tag: '#corona' } })).toBe(fingerprint(parts))
    expect(fingerprint({ ...parts, accept: [...accept].reverse() })).toBe(fingerprint(parts))
  })

  const changes: readonly [string, Partial<FingerprintParts>][] = [
    ['the version of tallyman', { engine: '0.1.1, build 3f5a9c01, Node 20.20.2' }],
    ['the time zone', { surroundings: 'Asia/Seoul, en_US' }],
    ['the code', { codeSha256: '01'.repeat(32) }],
    ['the text of a parameter', { params: { ...parts.params, min: '3.0' } }],
    ['a parameter more', { params: { ...parts.params, max: '' } }],
    ['the default of a parameter', { resolved: { ...parts.resolved, day: '2020-02-21' } }],
    ['a file less', { files: [a] }],
    ['the name of a file', { files: [{ ...a, path: './a.txt' }, b] }],
    ['the size of a file', { files: [{ ...a, identity: { ...a.identity, sizeBytes: 11 } }, b] }],
    ['the time of a file', { files: [{ ...a, identity: { ...a.identity, mtimeNs: '2' } }, b] }],
    ['the inode of a file', { files: [{ ...a, identity: { ...a.identity, inode: '8' } }, b] }],
    ['the order of files', { files: [b, a] }],
    ['an accepted name less', { accept: ['b.zip'] }],
  ]

  test.each(changes)('changes with %s', (_, change) => {
    expect(fingerprint({ ...parts, ...change })).not.toBe(fingerprint(parts))
  })

  test('mistakes no name for a text, nor one accepted name for two', () => {
    const text = fc.string({ maxLength: 3 })
    const any = fc.record({
      engine: fc.constant('1'),
      surroundings: fc.constant(''),
      codeSha256: fc.constant(''),
      params: fc.dictionary(text, text, { maxKeys: 2 }),
      resolved: fc.constant({}),
      files: fc.constant([]),
      accept: fc.uniqueArray(text, { maxLength: 2 }),
    })
    const normal = ({ params, accept }: FingerprintParts): string =>
      JSON.stringify([Object.entries(params).sort(), [...accept].sort()])
    fc.assert(
      fc.property(any, any, (left, right) => {
        expect(fingerprint(left) === fingerprint(right)).toBe(normal(left) === normal(right))
      }),
    )
  })
})
