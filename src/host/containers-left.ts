import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askEngine, type Engine } from './engine.ts'

/** The label by which the containers of a run are found, whoever started them. Its value is the run's own. */
export const runLabel = 'tallyman.run'

/**
 * Removes the containers of a run that are left, whatever they do.
 *
 * @param run value of their label; null: those of every run of this user
 * @returns how many there were
 *
 * Cost: one command of the engine, a tenth of a second; another one where some are left.
 */
export async function removeContainers(engine: Engine, run: string | null): Promise<number> {
  const label = run === null ? runLabel : `${runLabel}=${run}`
  const { stdout } = await askEngine(engine.command, ['ps', '--all', '--quiet', '--filter', `label=${label}`])
  const ids = stdout.split('\n').filter((id) => id !== '')
  if (ids.length > 0) await askEngine(engine.command, removal(engine, ids))
  return ids.length
}

/** The folder with the sockets of a run's containers: for nobody else, and short, since a path of a socket must be (unix(7)). */
export function socketFolder(label: string): string {
  const usual = join(tmpdir(), `tallyman-${label}`)
  return usual.length > socketFolderMax ? join('/tmp', `tallyman-${label}`) : usual
}

const socketFolderMax = 80

/** Removes one container by its name, where it is still there. */
export async function removeContainer(engine: Engine, name: string): Promise<void> {
  await askEngine(engine.command, removal(engine, [name]))
}

/** At once: Podman would ask first, and wait. */
function removal({ kind }: Engine, ids: readonly string[]): string[] {
  return ['rm', '--force', '--volumes', ...(kind === 'podman' ? ['--time', '0'] : []), ...ids]
}
