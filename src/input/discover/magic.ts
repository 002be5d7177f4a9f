import type { ErrorCode } from '../../errors.ts'
import { shellWord } from '../shell-word.ts'
import { baseName } from './directory.ts'

/** How many bytes from a file's start `recognize` looks at. */
export const headBytes = 262

/** What a file is by its first bytes, or why it cannot be read. */
export type Recognized =
  | { readonly kind: 'plain' | 'gzip' | 'zip' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly what: string; readonly wayOut: string }

/** A codec that is not read: what begins a file of it, and the command that unpacks one to standard output. */
interface Codec {
  readonly name: string
  readonly unpack: string
  readonly isHead: (head: Buffer) => boolean
}

/** Does a file begin with these bytes? Written as Latin-1, so that every character is a byte. */
function begins(...magics: string[]): (head: Buffer) => boolean {
  const bytes = magics.map((magic) => Buffer.from(magic, 'latin1'))
  return (head) => bytes.some((magic) => head.subarray(0, magic.length).equals(magic))
}

/** Magics begin far from text, or are long enough that no text begins with one. */
const codecs: readonly Codec[] = [
  {
    name: 'bzip2',
    unpack: 'bzip2 -dc',
    // The level, then the magic of a block or of an empty file's end.
    isHead: (head) => /^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/.test(head.toString('latin1', 0, 10)),
  },
  { name: 'xz', unpack: 'xz -dc', isHead: begins('\xfd7zXZ\0') },
  { name: 'Zstandard', unpack: 'zstd -dc', isHead: begins('\x28\xb5\x2f\xfd') },
  { name: 'LZ4', unpack: 'lz4 -dc', isHead: begins('\x04\x22\x4d\x18', '\x02\x21\x4c\x18') },
  { name: 'lzip', unpack: 'lzip -dc', isHead: begins('LZIP\x01') },
  { name: 'compress (.Z)', unpack: 'uncompress -c', isHead: begins('\x1f\x9d') },
  { name: '7z', unpack: '7z x -so', isHead: begins('7z\xbc\xaf\x27\x1c') },
  { name: 'RAR', unpack: 'unrar p -inul', isHead: begins('Rar!\x1a\x07') },
]

/** Codecs without a magic: only the name tells. */
const namedCodecs: Readonly<Record<string, Pick<Codec, 'name' | 'unpack'>>> = {
  '.br': { name: 'Brotli', unpack: 'brotli -dc' },
  '.lzma': { name: 'LZMA', unpack: 'xz --format=lzma -dc' },
}

const isZip = begins('PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08')
const isGzip = begins('\x1f\x8b')
const isTar = (head: Buffer): boolean => head.toString('latin1', 257, 262) === 'ustar'

/**
 * Tells what a file is: by its first bytes, and by its name only where a codec has no magic, or where name and bytes
 * disagree. A file in a codec that is not read is refused, since its bytes would be read as text otherwise.
 *
 * @param head the first `headBytes` of the file, or all of a shorter one
 */
export function recognize(head: Buffer, path: string): Recognized {
  const name = baseName(path)
  const extension = /\.[^.]*$/.exec(name.toLowerCase())?.[0] ?? ''
  if (isZip(head)) return { kind: 'zip' }
  if (isGzip(head)) return /\.(tar\.gz|tgz|taz)$/i.test(name) ? refuseTar(path, 'tar -xzf') : { kind: 'gzip' }
  if (extension === '.zip') return refuseMislabelled('zip archive', 'PK', head)
  if (extension === '.gz') return refuseMislabelled('gzip file', '1f 8b', head)
  if (isTar(head)) return refuseTar(path, 'tar -xf')
  const codec = codecs.find(({ isHead }) => isHead(head)) ?? namedCodecs[extension]
  return codec === undefined ? { kind: 'plain' } : refuseCodec(codec, path)
}

function refuseCodec({ name, unpack }: Pick<Codec, 'name' | 'unpack'>, path: string): Recognized {
  const gzip = `${path.replace(/\.[^./]*$/, '')}.gz`
  return {
    kind: 'refused',
    code: 'input-unsupported',
    what: `is compressed with ${name}; tallyman reads zip, gzip and plain files`,
    wayOut: `Recompress it (${unpack} ${shellWord(path)} | gzip > ${shellWord(gzip)})`,
  }
}

function refuseTar(path: string, unpack: string): Recognized {
  const stem = path.replace(/\.(tar(\.gz)?|tgz|taz)$/i, '')
  const target = shellWord(stem === path ? `${path}.d` : stem)
  return {
    kind: 'refused',
    code: 'input-unsupported',
    what: 'is a tar archive; tallyman reads zip, gzip and plain files',
    wayOut: `Unpack it (mkdir ${target} && ${unpack} ${shellWord(path)} -C ${target}) and name the directory`,
  }
}

function refuseMislabelled(expected: string, magic: string, head: Buffer): Recognized {
  const shown = head
    .subarray(0, 4)
    .toString('hex')
    .replaceAll(/..(?=.)/g, '$& ')
  const start = head.length === 0 ? 'it is empty' : `it begins with the bytes ${shown}, not with ${magic}`
  return {
    kind: 'refused',
    code: 'input-damaged',
    what: `is no ${expected}, though its name says so: ${start}`,
    wayOut: 'Fetch it again, or rename it if it is something else',
  }
}
