import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  inspectBytes,
  inspectManifest,
  manifestName,
  readManifest,
  sealManifest,
  type UnsealedManifest,
} from './manifest.ts'

const folder = mkdtempSync(join(tmpdir(), 'tallyman-manifest-'))
afterAll(() => rmSync(folder, { recursive: true }))

const unsealed: UnsealedManifest = {
  format: 'tallyman result',
  version: 1,
  digest: `sha256:${'ab'.repeat(32)}`,
  tables: [{ name: 'result', file: 'result.jsonl', rows: 2, bytes: 40, sha256: 'cd'.repeat(32) }],
  tableFormat: 'jsonl',
  job: {
    path: 'ö.job.ts',
    file: '/\ud800/ö.job.ts',
    description: { tables: [{ name: 'result', reducer: 'count' }] } as never,
    params: { '2': 'a', '10': 'b', __proto__x: 1e21, tag: '\u2028"' },
    codeSha256: 'ef'.repeat(32),
  },
  fingerprint: '01'.repeat(32),
  surroundings: 'UTC, en_US',
  filesRead: [],
  inputs: [],
  completeness: { complete: true, accepted: [], series: null, notes: [] },
  records: 3,
  rejected: 0,
  readBytes: 10,
  bytes: 10,
  counters: {},
  run: {
    id: '1',
    isolation: 'process',
    confinement: null,
    workers: 1,
    mapTasks: 1,
    partitions: 1,
    createdAt: 5,
  },
  versions: { tallyman: '0.1.0', node: 'v20.0.0' },
}

function put(bytes: Buffer | string): string {
  writeFileSync(join(folder, manifestName), bytes)
  return folder
}

describe('sealManifest', () => {
  test('writes what readManifest reads back, property for property', () => {
    const { text, manifest } = sealManifest(unsealed)
    expect(readManifest(put(text))).toEqual(manifest)
    expect(JSON.parse(text)).toEqual({ ...unsealed, manifestSha256: manifest.manifestSha256 })
  })

  test('seals with the SHA-256 of all lines but the last two', () => {
    const { text, manifest } = sealManifest(unsealed)
    const lines = text.split('\n')
    const head = lines
      .slice(0, -3)
      .map((line) => `${line}\n`)
      .join('')
    expect(createHash('sha256').update(head).digest('hex')).toBe(manifest.manifestSha256)
    expect(lines.slice(-3)).toEqual([`  "manifestSha256": "${manifest.manifestSha256}"`, '}', ''])
  })
})

describe('inspectManifest', () => {
  const whole = Buffer.from(sealManifest(unsealed).text)

  test('finds every flip of a bit of any byte', () => {
    for (let at = 0; at < whole.length; at += 1) {
      for (const bit of [0x01, 0x20, 0x80]) {
        const changed = Buffer.from(whole)
        changed[at]! ^= bit
        const { kind } = inspectBytes(changed)
        expect(kind, `byte ${at} with ${bit} flipped`).toBe('changed')
      }
    }
  })

  test('finds every cut, and a byte put in front, behind or twice', () => {
    for (let length = 0; length < whole.length; length += 1) {
      expect(inspectBytes(whole.subarray(0, length)).kind, `cut to ${length}`).toBe('changed')
    }
    const [first, last] = [whole.subarray(0, 1), whole.subarray(-1)]
    for (const longer of [
      Buffer.concat([first, whole]),
      Buffer.concat([whole, last]),
      Buffer.concat([whole, whole]),
      Buffer.concat([Buffer.from('\ufeff'), whole]),
    ]) {
      expect(inspectBytes(longer).kind).toBe('changed')
    }
  })

  test('finds the same JSON written otherwise', () => {
    expect(inspectManifest(put(`${JSON.stringify(JSON.parse(whole.toString()))}\n`)).kind).toBe('changed')
    expect(inspectManifest(put(whole.toString().replaceAll('\n', '\r\n'))).kind).toBe('changed')
  })

  test('gives what a changed manifest claims, and null for what is no object', () => {
    const changed = whole.toString().replace('"rows": 2', '"rows": 3')
    expect(inspectManifest(put(changed))).toMatchObject({
      kind: 'changed',
      claims: { tables: [{ rows: 3 }] },
    })
    for (const text of ['', 'null', '17', '{']) {
      expect(inspectManifest(put(text))).toEqual({ kind: 'changed', claims: null })
    }
  })

  test('tells a manifest of another version, whole as it is, from a changed one', () => {
    const later = { ...unsealed, version: 2 } as unknown as UnsealedManifest
    expect(inspectManifest(put(sealManifest(later).text)).kind).toBe('foreign')
    expect(inspectManifest(join(folder, 'nowhere'))).toMatchObject({ kind: 'absent' })
  })
})

describe('readManifest', () => {
  test('throws for a manifest that was changed, is of another version, or is not there', () => {
    const { text } = sealManifest(unsealed)
    expect(() => readManifest(put(text.replace('"rejected": 0', '"rejected": 1')))).toThrow(
      /not as it was written/,
    )
    const later = { ...unsealed, version: 2 } as unknown as UnsealedManifest
    expect(() => readManifest(put(sealManifest(later).text))).toThrow(/version this tallyman cannot read/)
    expect(() => readManifest(put('{"name":"web app"}'))).toThrow(/is not the manifest of a result/)
    expect(() => readManifest(join(folder, 'nowhere'))).toThrow(/is no result/)
  })
})
