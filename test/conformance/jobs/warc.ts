/** Records of WARC files (ISO 28500), as far as a job over text extracted from pages needs them. */

export interface WarcRecord {
  readonly url: string
  readonly text: string
}

/** The conversion records of a file that is one WARC record after another. */
export function readConversions(content: Uint8Array): WarcRecord[] {
  const bytes = Buffer.from(content)
  const records: WarcRecord[] = []
  for (let at = 0; at < bytes.length; ) {
    const headEnd = bytes.indexOf('\r\n\r\n', at)
    if (headEnd === -1) throw new Error(`the record at byte ${at} has no end of its header`)
    const fields = fieldsOf(bytes.toString('utf8', at, headEnd))
    const start = headEnd + 4
    const end = start + Number(fields.get('content-length'))
    if (!(end <= bytes.length)) throw new Error(`the record at byte ${at} goes beyond the file's end`)
    if (fields.get('warc-type') === 'conversion')
      records.push({ url: fields.get('warc-target-uri') ?? '', text: bytes.toString('utf8', start, end) })
    at = end + 4
  }
  return records
}

function fieldsOf(head: string): Map<string, string> {
  const [version, ...lines] = head.split('\r\n')
  if (!version?.startsWith('WARC/1.')) throw new Error(`${JSON.stringify(version)} is no version of WARC`)
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
}
