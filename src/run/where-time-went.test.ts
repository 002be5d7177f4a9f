import { describe, expect, it } from 'vitest'
import { type CpuProfile, timeParts } from './where-time-went.ts'

/** A chain of calls, each of the one before; `url` is where a function is in its source, or nothing. */
function chain(...calls: readonly (readonly [name: string, url: string])[]): CpuProfile['nodes'] {
  return calls.map(([functionName, url], id) => ({
    id,
    callFrame: { functionName, url, lineNumber: 4, columnNumber: 0 },
    children: id + 1 < calls.length ? [id + 1] : [],
  }))
}

const locate = ({ url, lineNumber }: CpuProfile['nodes'][number]['callFrame']) =>
  url === '' ? null : { file: url, line: lineNumber + 1 }

function partsOf(nodes: CpuProfile['nodes'], samples: readonly number[]): string[] {
  const profile = { nodes, samples, timeDeltas: samples.map(() => 1000) }
  return timeParts(profile, locate).map(({ what, ms }) => `${ms} ms ${what}`)
}

describe('where time went', () => {
  it('counts what is no source of anybody for its caller, and what encodes for whom it does so', () => {
    const nodes = chain(
      ['(root)', ''],
      ['#readRecords', 'src/flow/map-task.ts'],
      ['map', 'file:///home/me/words.job.ts'],
      ['RegExp: a+', ''],
      ['emit', 'src/job/emit.ts'],
      ['writeKey', 'src/record/key.ts'],
      ['write', ''],
    )
    expect(partsOf(nodes, [0, 1, 2, 3, 3, 3, 4, 5, 6])).toEqual([
      '4 ms map (words.job.ts:5)',
      '3 ms taking emits, combining, sorting and writing',
      '1 ms starting, and the rest',
      '1 ms the map, as far as V8 has compiled it into the loop around it',
    ])
  })

  it('names a function that has no name by where it is', () => {
    const nodes = chain(['(root)', ''], ['', 'file:///home/me/words.job.ts'])
    expect(partsOf(nodes, [1])).toEqual(['1 ms a function (words.job.ts:5)'])
  })

  it('tells scanning from decoding whole records, and leaves out what was waiting', () => {
    const nodes = chain(
      ['(idle)', ''],
      ['next', 'src/input/line-reader.ts'],
      ['scanLines', 'src/input/scan/kernel.ts'],
      ['wasm-function[1]', ''],
      ['decode', 'src/input/decode/jsonl.ts'],
      ['(garbage collector)', ''],
    )
    expect(partsOf(nodes, [0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 5])).toEqual([
      '4 ms collecting garbage',
      '3 ms decoding whole records',
      '2 ms scanning lines, and fields that the map reads',
      '1 ms reading, inflating and cutting lines',
    ])
  })
})
