import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, TallymanError } from '../../errors.ts'
import {
  type Engine,
  type EngineKind,
  engineKinds,
  findEngine,
  removeContainers,
  socketFolder,
} from '../../host/index.ts'
import { RunDirectory } from './directory.ts'
import { isHeld } from './lock.ts'

/** What is left in a run's directory while its containers may be there. */
interface ContainerNote {
  readonly engine: EngineKind
  readonly label: string
}

/** Notes which containers are this run's, before the first is started: a command that comes after a crash removes them. */
export function noteContainers(directory: RunDirectory, { kind }: Engine, label: string): void {
  const note: ContainerNote = { engine: kind, label }
  writeFileSync(directory.containersFile, `${JSON.stringify(note)}\n`, { mode: 0o600 })
}

/** Its containers are gone. */
export function forgetContainers(directory: RunDirectory): void {
  rmSync(directory.containersFile, { force: true })
}

/**
 * Removes the containers of runs whose process was killed. Where there is no engine just now they are left to the next time.
 *
 * @param say told, in a sentence, of an engine that hangs: no other run's are asked of it then
 * @returns how many there were
 *
 * Cost: a look into each run's directory; where a run was killed, one command of the engine.
 */
export async function sweepContainers(runsFolder: string, say: (message: string) => void): Promise<number> {
  let removed = 0
  for (const id of namesIn(runsFolder)) {
    const directory = new RunDirectory(join(runsFolder, id))
    if (!existsSync(directory.containersFile) || isHeld(directory)) continue
    const note = readNote(directory.containersFile)
    try {
      if (note !== null) {
        removed += await removeContainers(await findEngine(note.engine), note.label)
        rmSync(socketFolder(note.label), { recursive: true, force: true })
      }
      forgetContainers(directory)
    } catch (error) {
      // No engine just now, or another user's run: whoever can will come by.
      if (!(error instanceof TallymanError) || error.code !== 'engine-silent') continue
      say(`Containers of run ${id} may be left: ${messageOf(error)}`)
      return removed
    }
  }
  return removed
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // There are no runs, or none that this command may look at: it says so itself.
    return []
  }
}

function readNote(file: string): ContainerNote | null {
  try {
    const note: Partial<ContainerNote> = JSON.parse(readFileSync(file, 'utf8'))
    const engine = engineKinds.find((kind) => kind === note.engine)
    return engine === undefined || typeof note.label !== 'string' ? null : { engine, label: note.label }
  } catch {
    // Its process was killed as it wrote: it had started no container.
    return null
  }
}
