import { spawnSync } from 'node:child_process'
import {
  array,
  assert,
  boolean,
  constant,
  dictionary,
  integer,
  letrec,
  oneof,
  property,
  string,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requires } from '../../../test/requires.ts'
import { toYaml, type YamlValue } from './yaml.ts'

const readAll = 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin))))'
const hasYaml = spawnSync('python3', ['-c', 'import yaml']).status === 0

const { value } = letrec<{ value: YamlValue }>((tie) => ({
  value: oneof(
    { maxDepth: 3 },
    string({ unit: 'binary-ascii', maxLength: 6 }),
    string({ maxLength: 6 }),
    constant('yes'),
    integer(),
    boolean(),
    array(tie('value'), { minLength: 1, maxLength: 3 }),
    dictionary(string({ maxLength: 4 }), tie('value'), { minKeys: 1, maxKeys: 3 }),
  ),
}))

describe('toYaml', () => {
  it('writes maps, lists and text that YAML would take for something else', () => {
    expect(toYaml({ name: 'no', list: [{ a: 1, b: ['x y'] }, 'c'], none: [], left: undefined })).toBe(
      'name: "no"\nlist:\n  - a: 1\n    b:\n      - "x y"\n  - c\nnone: []\n',
    )
  })

  it.skipIf(!requires('python3 with yaml', hasYaml))('is read by another program as what it was', () => {
    // In one process, since it takes longer to start than to read.
    const documents: YamlValue[] = []
    assert(
      property(dictionary(string({ maxLength: 4 }), value, { minKeys: 1 }), (document) => {
        documents.push(document)
      }),
      { numRuns: 300 },
    )
    const input = documents.map((document) => `---\n${toYaml(document)}`).join('')
    const { stdout, stderr } = spawnSync('python3', ['-c', readAll], { input, encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(documents)))
  })
})
