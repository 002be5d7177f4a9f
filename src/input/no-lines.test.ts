import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sayNoLines, sayOfficeDocument } from './no-lines.ts'

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('sayNoLines', () => {
  test('takes all text in UTF-8 for lines, whatever it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        expect(sayNoLines(Buffer.from(text))).toBeNull()
      }),
    )
    for (const text of [
      '',
      'a',
      'PK is a name',
      'PAR1 is a lane',
      'PAR1\n',
      'ORC\r\n',
      'Object',
      'SQLite format 3 is a file',
      'BZh9 and more',
      '%PDF- is what it begins with',
      'GIF87 and GIF89',
      'ÿØÿ in UTF-8',
      'ARROW1',
      // Damage, or something else than text; but not every second byte of it.
      'a\0b\0c\0d',
      '\0\0\0\0\0\0',
      'a\0b\0cd\0',
      `${'a'.repeat(257)}ustar`,
    ])
      expect(sayNoLines(Buffer.from(text)), text).toBeNull()
  })

  test.each([
    ['utf16le', 'UTF-16LE', (text: string) => Buffer.from(text, 'utf16le')],
    ['utf16be', 'UTF-16BE', (text: string) => Buffer.from(text, 'utf16le').swap16()],
  ] as const)('knows text in %s, with a mark or without', (_, charset, encode) => {
    expect(sayNoLines(encode('\ufeff오'))).toEqual({
      what: 'is text in UTF-16: it begins with its byte order mark, and UTF-8 is read',
      wayOut: 'Convert it (iconv -f UTF-16 -t UTF-8)',
    })
    for (const text of ['abcd', 'Grüne\r\n1;2\r\n', 'x'.repeat(1000)])
      expect(sayNoLines(encode(text))).toEqual({
        what: `is text in ${charset} without a byte order mark: every second byte is 0, and UTF-8 is read`,
        wayOut: `Convert it (iconv -f ${charset} -t UTF-8)`,
      })
    expect(sayNoLines(encode('abc'))).toBeNull()
  })

  test.each([
    ['a gzip file', 'Unpack it once, and give what is in it', gzipSync('x')],
    ['a zip archive', 'Unpack it once, and give what is in it', latin1('PK\x03\x04\x14\0')],
    ['a zip archive', 'Unpack it once, and give what is in it', latin1('PK\x05\x06')],
    ['a bzip2 file', 'Unpack it once, and give what is in it', latin1('BZh91AY&SY')],
    ['an xz file', 'Unpack it once, and give what is in it', latin1('\xfd7zXZ\0')],
    ['a Zstandard file', 'Unpack it once, and give what is in it', latin1('\x28\xb5\x2f\xfd')],
    ['a tar archive', 'Unpack it once, and give what is in it', latin1(`a.txt${'\0'.repeat(252)}ustar`)],
    ['a Parquet file', 'Export it as CSV or JSON lines', latin1('PAR1\x15\x04')],
    ['an ORC file', 'Export it as CSV or JSON lines', latin1('ORC\x08')],
    ['an Avro file', 'Export it as CSV or JSON lines', latin1('Obj\x01')],
    ['an Arrow file', 'Export it as CSV or JSON lines', latin1('ARROW1\0\0')],
    ['an SQLite database', 'Export it as CSV or JSON lines', latin1('SQLite format 3\0')],
    [
      'a document of an old Microsoft Office (xls, doc, ppt)',
      'Save it as CSV',
      latin1('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
    ],
    ['a PDF', 'Extract its text (pdftotext)', latin1('%PDF-1.7\n')],
    ['a picture (PNG)', 'Leave it out', latin1('\x89PNG\r\n\x1a\n')],
    ['a picture (JPEG)', 'Leave it out', latin1('\xff\xd8\xff\xe0')],
    ['a picture (GIF)', 'Leave it out', latin1('GIF89a')],
    ['a program', 'Leave it out', latin1('\x7fELF')],
  ])('knows %s, and says: %s', (name, wayOut, head) => {
    expect(sayNoLines(head)).toEqual({ what: `is ${name}, and holds no lines`, wayOut })
    // Not in the middle of text, nor of what is another thing.
    expect(sayNoLines(Buffer.concat([Buffer.from('x'), head]))).toBeNull()
  })
})

test('sayOfficeDocument knows archives that are one document', () => {
  const office = {
    what: 'is a document of an office program (xlsx, docx, ods and their kind): its members are XML, and hold no lines',
    wayOut: 'Save it as CSV',
  }
  expect(sayOfficeDocument(['[Content_Types].xml', '_rels/.rels', 'xl/workbook.xml'])).toEqual(office)
  expect(sayOfficeDocument(['META-INF/manifest.xml', 'content.xml', 'mimetype'])).toEqual(office)
  expect(sayOfficeDocument(['mimetype', 'a.jsonl'])).toBeNull()
  expect(sayOfficeDocument(['content.xml', 'a.jsonl'])).toBeNull()
  expect(sayOfficeDocument(['[Content_Types].xml', 'a.jsonl'])).toBeNull()
  expect(sayOfficeDocument(['_rels/.rels', 'a.jsonl'])).toBeNull()
  expect(sayOfficeDocument([])).toBeNull()
})
