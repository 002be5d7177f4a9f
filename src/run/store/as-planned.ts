import { statSync } from 'node:fs'
import { isAddress, type Split, toFsPath } from '../../input/index.ts'

/**
 * Whether the file of a split is, to its inode and the time of its last change, the one that was planned. Whoever reads it looks at size and modification time alone, which a file that
 * was put in its place may have as well: what is kept under the identity of the one must not have been made of the other. What lies on a server has no
 * other identity than those two.
 */
export function isAsPlanned({ path, identity }: Split, cwd: string): boolean {
  if (isAddress(path)) return true
  try {
    // Not normalized, as where it is opened: behind a link `..` is not what it looks like.
    const place = toFsPath(path.startsWith('/') ? path : `${cwd}/${path}`)
    const { size, mtimeNs, ctimeNs, ino } = statSync(place, { bigint: true })
    return (
      size === BigInt(identity.sizeBytes) &&
      `${mtimeNs}` === identity.mtimeNs &&
      `${ctimeNs}` === identity.ctimeNs &&
      `${ino}` === identity.inode
    )
  } catch {
    return false
  }
}
