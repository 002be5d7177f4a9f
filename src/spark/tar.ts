import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'

/** A file that goes into an archive. */
export interface TarEntry {
  /** Path in the archive, at most 255 bytes. */
  readonly name: string
  /** Absolute path of what goes there. */
  readonly file: string
  readonly isProgram: boolean
}

const blockBytes = 512
const pieceBytes = 2 ** 20
/** An archive ends with two blocks of zeros. */
export const tarEnd = Buffer.alloc(2 * blockBytes)

/**
 * The bytes of an archive (ustar, POSIX.1-1988) without its end, so that more may follow. Times and owners are none: equal files give
 * equal bytes.
 */
export function* tarBytes(entries: Iterable<TarEntry>): Generator<Buffer> {
  for (const { name, file, isProgram } of entries) {
    const { size } = statSync(file)
    yield headerOf(name, size, isProgram ? 0o755 : 0o644)
    if (size <= pieceBytes) yield readFileSync(file)
    else yield* piecesOf(file)
    const over = size % blockBytes
    if (over > 0) yield Buffer.alloc(blockBytes - over)
  }
}

function* piecesOf(file: string): Generator<Buffer> {
  const fd = openSync(file, 'r')
  try {
    for (;;) {
      const piece = Buffer.alloc(pieceBytes)
      const length = readSync(fd, piece, 0, pieceBytes, null)
      if (length === 0) return
      yield piece.subarray(0, length)
    }
  } finally {
    closeSync(fd)
  }
}

function headerOf(name: string, sizeBytes: number, mode: number): Buffer {
  const header = Buffer.alloc(blockBytes)
  const [prefix, rest] = cut(name)
  const octal = (value: number, at: number, length: number): void => {
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  }
  header.write(rest, 0, 'utf8')
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(sizeBytes, 124, 12)
  octal(0, 136, 12)
  header.fill(' ', 148, 156)
  header.write('0ustar\u000000', 156, 'latin1')
  header.write(prefix, 345, 'utf8')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

/** A long name is cut at a slash: at most 155 bytes before, at most 100 after. */
function cut(name: string): readonly [prefix: string, rest: string] {
  if (Buffer.byteLength(name) <= 100) return ['', name]
  const slash = name.lastIndexOf('/', 155)
  return [name.slice(0, slash), name.slice(slash + 1)]
}
