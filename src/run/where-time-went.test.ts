import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { bundleModule } from './bundle.ts'
import { packageRoot } from './package.ts'
import { type CpuProfile, timeParts, whereTimeWent } from './where-time-went.ts'

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

describe('a profile in a file', () => {
  const folder = tempFolder()
  afterAll(() => folder.remove())

  /** Where a text begins in the code, from 0, as V8 counts. */
  function placeIn(code: string, text: string): { lineNumber: number; columnNumber: number } {
    const before = code.slice(0, code.indexOf(text)).split('\n')
    return { lineNumber: before.length - 1, columnNumber: before.at(-1)?.length ?? 0 }
  }

  it('names the lines that the user wrote, whatever link the bundle is named by, and counts others for their callers', async () => {
    const source = folder.at('words.job.ts')
    writeFileSync(
      source,
      `import { deep } from './deep.ts'\n\ninterface Line { text: string }\nexport function cut(line: Line): string[] {\n  return deep(line.text)\n}\n`,
    )
    writeFileSync(folder.at('deep.ts'), `\nexport const deep = (text: string): string[] => text.split(' ')\n`)
    const { file } = await bundleModule(source, folder.at('job.mjs'))
    const code = readFileSync(file, 'utf8')
    const url = pathToFileURL(file).href
    const own = `${pathToFileURL(packageRoot).href}/dist`
    const frames = [
      { functionName: '(root)', url: '', lineNumber: -1, columnNumber: -1 },
      { functionName: 'run', url: `${own}/there-is-none.js`, lineNumber: 0, columnNumber: 0 },
      { functionName: 'cut', url, ...placeIn(code, '(line)') },
      { functionName: 'deep', url, ...placeIn(code, '(text)') },
      { functionName: 'split', url: 'node:internal/text', lineNumber: 3, columnNumber: 0 },
      { functionName: 'elsewhere', url: `${url}.other.mjs`, lineNumber: 0, columnNumber: 0 },
    ]
    const profile: CpuProfile = {
      nodes: frames.map((callFrame, id) => ({ id, callFrame, children: id < 5 ? [id + 1] : [] })),
      samples: [0, 1, 2, 2, 3, 3, 3, 4, 5],
      timeDeltas: Array<number>(9).fill(2000),
    }
    writeFileSync(folder.at('cpu.json'), JSON.stringify(profile))
    symlinkSync(file, folder.at('link.mjs'))
    for (const name of ['job.mjs', 'link.mjs'])
      expect(whereTimeWent(folder.at('cpu.json'), folder.at(name))).toEqual([
        { what: 'deep (deep.ts:2)', ms: 10 },
        { what: 'starting, and the rest', ms: 4 },
        { what: 'cut (words.job.ts:4)', ms: 4 },
      ])
  })
})
