/** Files that are whole and hold no lines: whoever cut them at newlines would have pieces that look like records. */

/** What a file, or a member of an archive, holds in place of lines; and how to have lines of it. */
export interface NoLines {
  readonly what: string
  readonly wayOut: string
}

interface Kind {
  readonly name: string
  readonly wayOut: string
  readonly head: RegExp
}

const unpackOnce = 'Unpack it once, and give what is in it'
const exportIt = 'Export it as CSV or JSON lines'

/** By their first bytes, one character of Latin-1 each: each is longer than what text may begin with by chance, or is no text. */
const kinds: readonly Kind[] = [
  { name: 'a gzip file', wayOut: unpackOnce, head: /^\x1f\x8b\x08/ },
  { name: 'a zip archive', wayOut: unpackOnce, head: /^PK(?:\x03\x04|\x05\x06)/ },
  { name: 'a bzip2 file', wayOut: unpackOnce, head: /^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/ },
  { name: 'an xz file', wayOut: unpackOnce, head: /^\xfd7zXZ\0/ },
  { name: 'a Zstandard file', wayOut: unpackOnce, head: /^\x28\xb5\x2f\xfd/ },
  { name: 'a tar archive', wayOut: unpackOnce, head: /^[^\0]{1,100}\0[\s\S]{156,255}ustar/ },
  { name: 'a Parquet file', wayOut: exportIt, head: /^PAR1[^\t\n\r -~\x80-\xff]/ },
  { name: 'an ORC file', wayOut: exportIt, head: /^ORC[^\t\n\r -~\x80-\xff]/ },
  { name: 'an Avro file', wayOut: exportIt, head: /^Obj\x01/ },
  { name: 'an Arrow file', wayOut: exportIt, head: /^ARROW1\0/ },
  { name: 'an SQLite database', wayOut: exportIt, head: /^SQLite format 3\0/ },
  {
    name: 'a document of an old Microsoft Office (xls, doc, ppt)',
    wayOut: 'Save it as CSV',
    head: /^\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1/,
  },
  { name: 'a PDF', wayOut: 'Extract its text (pdftotext)', head: /^%PDF-\d/ },
  { name: 'a picture (PNG)', wayOut: 'Leave it out', head: /^\x89PNG\r\n\x1a\n/ },
  { name: 'a picture (JPEG)', wayOut: 'Leave it out', head: /^\xff\xd8\xff/ },
  { name: 'a picture (GIF)', wayOut: 'Leave it out', head: /^GIF8[79]a/ },
  { name: 'a program', wayOut: 'Leave it out', head: /^\x7fELF/ },
]

/** So many bytes of a file or member, from its first on, are looked at; fewer where it is shorter. */
const noLinesHeadBytes = 262

/**
 * Tells what is no text in UTF-8, whatever its records look like, by its first bytes. Bytes that are odd in another way are the decoder's to reject, line
 * by line.
 *
 * @param head the first 262 bytes, or all of what is shorter
 * @returns null where lines are to be expected
 */
export function sayNoLines(head: Buffer): NoLines | null {
  const start = head.toString('latin1', 0, noLinesHeadBytes)
  // Of UTF-32 the mark in its order of bytes begins with that of UTF-16.
  if (/^(?:\xff\xfe|\xfe\xff)/.test(start))
    return inCharset('UTF-16', 'is text in UTF-16: it begins with its byte order mark')
  const zeros = zerosIn(start)
  if (zeros !== null)
    return inCharset(zeros, `is text in ${zeros} without a byte order mark: every second byte is 0`)
  const kind = kinds.find((one) => one.head.test(start))
  return kind === undefined ? null : { what: `is ${kind.name}, and holds no lines`, wayOut: kind.wayOut }
}

function inCharset(charset: string, what: string): NoLines {
  return { what: `${what}, and UTF-8 is read`, wayOut: `Convert it (iconv -f ${charset} -t UTF-8)` }
}

/** UTF-16 of letters without accents would pass for UTF-8, a zero byte after each letter. Of few bytes a list of letters with zeros between them may look so, too. */
function zerosIn(start: string): 'UTF-16LE' | 'UTF-16BE' | null {
  if (/^(?:[^\0]\0){4,}[^\0]?$/.test(start)) return 'UTF-16LE'
  if (/^(?:\0[^\0]){4,}\0?$/.test(start)) return 'UTF-16BE'
  return null
}

/** An archive that is one document, by the names of its members: a workbook, a text, a presentation. */
export function sayOfficeDocument(members: readonly string[]): NoLines | null {
  const isOpenDocument = members.includes('mimetype') && members.includes('content.xml')
  const isOfficeOpen =
    members.includes('[Content_Types].xml') && members.some((name) => name.startsWith('_rels/'))
  if (!isOpenDocument && !isOfficeOpen) return null
  return {
    what: 'is a document of an office program (xlsx, docx, ods and their kind): its members are XML, and hold no lines',
    wayOut: 'Save it as CSV',
  }
}
