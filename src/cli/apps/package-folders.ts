import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'

/** Where pnpm puts each package, and links from one to what it needs. */
const pnpmFolder = `${sep}node_modules${sep}.pnpm${sep}`

/**
 * The folders that a container must see so that a package can be loaded there: its own, or the one in which the packages that it needs lie beside it, as npm,
 * Yarn and pnpm install them. Of a checkout whose `node_modules` is a link, what that leads to as well.
 *
 * @param root of the package, absolute; it may be a link
 */
export function packageFolders(root: string): string[] {
  const real = realpathSync(root)
  const atPnpm = real.indexOf(pnpmFolder)
  if (atPnpm >= 0) return [join(real.slice(0, atPnpm), 'node_modules')]
  const above = dirname(real)
  if (basename(above) === 'node_modules') return [above]
  const own = join(real, 'node_modules')
  if (!existsSync(own)) return [real]
  const packages = realpathSync(own)
  return packages.startsWith(`${real}${sep}`) ? [real] : [real, packages]
}
