import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Every regular file under `folder`, as paths from `root` with `/` between, in order of their names; none when there is
 * no such folder. Installed packages and what a run leaves behind are passed over.
 */
export function listFiles(root: string, folder: string): string[] {
  if (!statSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && name !== '.tallyman')
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) return listFiles(root, path)
      return entry.isFile() ? [path] : []
    })
    .sort()
}
