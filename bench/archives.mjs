// @ts-check
/** Archives of tweets as each program of the benchmark can read them: zipped, and the same lines plain. */
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { inflateRawSync } from 'node:zlib'
import yazl from 'yazl'

/**
 * The members of a zip archive, from the directory at its end.
 *
 * @param {Buffer} zip
 * @returns {{ readonly name: string, readonly bytes: Buffer }[]}
 */
function membersOf(zip) {
  const end = zip.lastIndexOf('PK\x05\x06')
  if (end === -1) throw new Error('An archive has no directory: it is cut off.')
  const members = []
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const name = zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28))
    const local = zip.readUInt32LE(at + 42)
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const body = zip.subarray(start, start + zip.readUInt32LE(at + 20))
    members.push({ name, bytes: zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(body) : body })
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return members
}

/** An escape of JSON: a surrogate pair, half a pair alone, or any other. */
const escapes = /\\(?:u(d[89ab]..\\ud[c-f]..)|u(d[89a-f]..)|.)/gi

/**
 * What every program can read: DuckDB, orjson and jq refuse half a surrogate pair (texts of tweets were cut in the middle of
 * emoji), and most refuse an empty line. tallyman and Python read both.
 *
 * @param {Buffer} bytes
 */
function readableByAll(bytes) {
  const lines = bytes
    .toString('utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '')
  const text = lines.map((line) =>
    line.replace(escapes, (found, _pair, half) => (half === undefined ? found : '\\ufffd')),
  )
  return Buffer.from(`${text.join('\n')}\n`)
}

/**
 * Writes an archive anew, and its lines as a plain file beside it.
 *
 * @param {string} archive
 * @param {{ readonly zips: string, readonly plain: string }} folders
 * @returns {Promise<{ readonly zip: string, readonly plain: string, readonly bytes: number }>} paths, and bytes of JSON
 */
export async function rewriteArchive(archive, folders) {
  const name = basename(archive, '.zip')
  const paths = { zip: join(folders.zips, `${name}.zip`), plain: join(folders.plain, `${name}.jsonl`) }
  const members = membersOf(readFileSync(archive)).map((member) => ({
    name: member.name,
    bytes: readableByAll(member.bytes),
  }))
  const zip = new yazl.ZipFile()
  const mtime = new Date(Date.UTC(2020, 0, 1))
  for (const member of members) zip.addBuffer(member.bytes, member.name, { mtime })
  zip.end()
  await pipeline(zip.outputStream, createWriteStream(paths.zip))
  const bytes = Buffer.concat(members.map((member) => member.bytes))
  writeFileSync(paths.plain, bytes)
  return { ...paths, bytes: bytes.length }
}
