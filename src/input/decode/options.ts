import { TallymanError } from '../../errors.ts'

/** What every input format lets its user choose. */
export interface FormatOptions {
  /** Longer records are rejected without being held in memory. Default 64 MiB. */
  readonly recordBytesMax?: number
}

const recordBytesMaxDefault = 64 * 1024 * 1024
/** The longest string every supported engine can make. */
const recordBytesMaxMost = 0x1fffffe8

/** The limit to use. @throws {TallymanError} `job-invalid` */
export function resolveRecordBytesMax(format: string, options: FormatOptions): number {
  const { recordBytesMax = recordBytesMaxDefault } = options
  if (!Number.isInteger(recordBytesMax) || recordBytesMax < 1 || recordBytesMax > recordBytesMaxMost) {
    throw new TallymanError(
      'job-invalid',
      `${format}'s recordBytesMax is ${JSON.stringify(recordBytesMax)}; it takes a whole number of bytes from 1 to ${recordBytesMaxMost}.`,
      { wayOut: 'Leave it out for the default of 64 MiB.' },
    )
  }
  return recordBytesMax
}
