import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What is installed or left behind; `.peers` are the programs that the bench measures against. */
const passedOver = new Set(['node_modules', '.peers', '.tallyman'])

/**
 * Every regular file under `folder`, as paths from `root` with `/` between, in order of their names; none when there is
 * no such folder. Installed packages and what a run leaves behind are passed over.
 */
export function listFiles(root: string, folder: string): string[] {
  if (!statSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !passedOver.has(name))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) return listFiles(root, path)
      return entry.isFile() ? [path] : []
    })
    .sort()
}
