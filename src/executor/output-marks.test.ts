import { describe, expect, it } from 'vitest'
import { markOf, OutputCutter } from './output-marks.ts'

/** What each attempt printed, as text. */
function cut(cutter: OutputCutter, chunks: readonly Buffer[]): Record<string, string> {
  const texts: Record<string, string> = {}
  const take = (pieces: ReturnType<OutputCutter['push']>): void => {
    for (const { attempt, bytes } of pieces)
      texts[String(attempt)] = (texts[String(attempt)] ?? '') + bytes.toString('latin1')
  }
  for (const chunk of chunks) take(cutter.push(chunk))
  take(cutter.end())
  return texts
}

const stream = Buffer.concat([
  Buffer.from('loading\0\n'),
  markOf('map-00001.1'),
  Buffer.from('first \0tallyman attempt map\n'),
  markOf('map-00002.1'),
  markOf('map-00003.2'),
  Buffer.from('third\0'),
])

describe('OutputCutter', () => {
  it.each([1, 2, 5, 13, 1000])('finds each attempt’s own output, in chunks of %i bytes', (chunkBytes) => {
    const cutter = new OutputCutter()
    for (const attempt of ['map-00001.1', 'map-00002.1', 'map-00003.2']) cutter.expect(attempt)
    const chunks = Array.from({ length: Math.ceil(stream.length / chunkBytes) }, (_, index) =>
      stream.subarray(index * chunkBytes, (index + 1) * chunkBytes),
    )
    expect(cut(cutter, chunks)).toEqual({
      null: 'loading\0\n',
      'map-00001.1': 'first \0tallyman attempt map\n',
      'map-00003.2': 'third\0',
    })
    expect(cutter.current).toBe('map-00003.2')
  })

  it('takes the mark of an attempt that the worker was not told to run for text', () => {
    const cutter = new OutputCutter()
    cutter.expect('map-00001.1')
    const forged = markOf('map-00009.1').toString('latin1')
    expect(cut(cutter, [Buffer.from(`a${forged}b`, 'latin1')])).toEqual({ null: `a${forged}b` })
    expect(cutter.isExpecting('map-00001.1')).toBe(true)
  })

  it('gives the beginning of a mark that never came to its end', () => {
    const cutter = new OutputCutter()
    cutter.expect('map-00001.1')
    expect(cutter.push(Buffer.from('a\0tallyman at'))).toEqual([{ attempt: null, bytes: Buffer.from('a') }])
    expect(cutter.end()).toEqual([{ attempt: null, bytes: Buffer.from('\0tallyman at') }])
    expect(cutter.end()).toEqual([])
  })
})
