import { expect, test } from 'vitest'
import { SourceFault } from './byte-chunks.ts'
import { InflateError } from './inflater.ts'
import { sayInflateFault } from './raw-inflate.ts'

test('What is wrong with compressed data is told with its place, and with what zlib says of it', () => {
  const cutOff = new InflateError('unexpected end of file', 'Z_BUF_ERROR')
  const fault = sayInflateFault(cutOff, 1000, 2000)
  expect(fault).toBeInstanceOf(SourceFault)
  expect(fault).toMatchObject({
    code: 'input-damaged',
    message: 'the compressed data is cut off: it should go on at byte 2,000 of the file',
    cause: cutOff,
  })
  const damaged = new InflateError('invalid block type', 'Z_DATA_ERROR')
  expect(sayInflateFault(damaged, 1000, 2000)).toMatchObject({
    code: 'input-damaged',
    message: 'the compressed data is damaged (invalid block type), between bytes 1,000 and 2,000 of the file',
    cause: damaged,
  })
})
