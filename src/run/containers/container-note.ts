import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, TallymanError } from '../../errors.ts'
import {
  type Engine,
  type EngineKind,
  engineKinds,
  findEngine,
  namesSeenIn,
  removeContainers,
  socketFolder,
} from '../../host/index.ts'
import { RunDirectory } from '../directory/directory.ts'
import { isHeld } from '../directory/lock.ts'

/** A line of what is left in a run's directory while its containers may be there. */
interface ContainerNote {
  readonly engine: EngineKind
  readonly label: string
}

/**
 * Notes which containers are those of this process, before the first is started: a command that comes after a crash removes them. What an earlier
 * process of the run has noted stays until they are gone.
 */
export function noteContainers(directory: RunDirectory, { kind }: Engine, label: string): void {
  writeNotes(directory, [...readNotes(directory), { engine: kind, label }])
}

/** The containers of this process, which were noted last, are gone. */
export function forgetContainers(directory: RunDirectory): void {
  writeNotes(directory, readNotes(directory).slice(0, -1))
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
  for (const id of namesSeenIn(runsFolder)) {
    const directory = new RunDirectory(join(runsFolder, id))
    if (!existsSync(directory.containersFile) || isHeld(directory)) continue
    try {
      removed += await sweepRun(directory)
    } catch (error) {
      // No engine just now, or another user's run: whoever can will come by.
      if (!(error instanceof TallymanError) || error.code !== 'engine-silent') continue
      say(`Containers of run ${id} may be left: ${messageOf(error)}`)
      return removed
    }
  }
  return removed
}

/** Removes those of one run, and strikes what was noted of them. Throws the first of what went wrong, once all were tried. */
async function sweepRun(directory: RunDirectory): Promise<number> {
  let removed = 0
  const left: ContainerNote[] = []
  const troubles: unknown[] = []
  for (const note of readNotes(directory)) {
    try {
      removed += await removeContainers(await findEngine(note.engine), note.label)
      rmSync(socketFolder(note.label), { recursive: true, force: true })
    } catch (error) {
      left.push(note)
      troubles.push(error)
    }
  }
  writeNotes(directory, left)
  if (troubles.length > 0) throw troubles[0]
  return removed
}

function writeNotes({ containersFile }: RunDirectory, notes: readonly ContainerNote[]): void {
  if (notes.length === 0) rmSync(containersFile, { force: true })
  else
    writeFileSync(containersFile, notes.map((note) => `${JSON.stringify(note)}\n`).join(''), { mode: 0o600 })
}

/** Those that were noted, in order. */
function readNotes({ containersFile }: RunDirectory): ContainerNote[] {
  if (!existsSync(containersFile)) return []
  return readFileSync(containersFile, 'utf8')
    .split('\n')
    .flatMap((line) => parseNote(line) ?? [])
}

/** Null for what its process was killed at while it wrote: it had started no container. */
function parseNote(line: string): ContainerNote | null {
  try {
    const note: Partial<ContainerNote> = JSON.parse(line)
    const engine = engineKinds.find((kind) => kind === note.engine)
    return engine === undefined || typeof note.label !== 'string' ? null : { engine, label: note.label }
  } catch {
    return null
  }
}
