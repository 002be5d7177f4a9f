import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The label by which the containers of a run are found, whoever started them. Its value is the run's own. */
export const runLabel = 'tallyman.run'

/** The folder with the sockets of a run's containers: for nobody else, and short, since a path of a socket must be (unix(7)). */
export function socketFolder(label: string): string {
  const usual = join(tmpdir(), `tallyman-${label}`)
  return usual.length > socketFolderMax ? join('/tmp', `tallyman-${label}`) : usual
}

const socketFolderMax = 80

/** The name of a container: the run's label, and what tells it from the others of its run. */
export function containerName(label: string, mark: string): string {
  return `tallyman-${label}-${mark}`
}
