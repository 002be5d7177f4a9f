import { TallymanError } from '../../errors.ts'
import { type Engine, listAppContainers, requireEngine, tellAppLog } from '../../host/index.ts'
import { printable } from '../../printable.ts'
import type { RunDirectory } from '../../run/index.ts'
import type { Arguments } from '../arguments.ts'
import { findRun } from '../runs-folder.ts'
import type { Terminal } from '../terminal.ts'
import { leavable } from '../watch-run.ts'

/** An app that is up, or was until it ended by itself. */
interface FoundApp {
  readonly engine: Engine
  readonly name: string
}

/**
 * The run of a name, or the app of it where there is no such run.
 *
 * @throws {TallymanError} as `findRun` does, where there is no such app either
 */
export async function findRunOrApp(name: string, terminal: Terminal): Promise<RunDirectory | FoundApp> {
  try {
    return findRun(name, terminal)
  } catch (error) {
    if (!(error instanceof TallymanError) || error.code !== 'not-found') throw error
    const app = await findApp(name)
    if (app !== null) return app
    const hint = 'No app of that name is up either: `tallyman ps` lists those that are.'
    throw new TallymanError(error.code, error.message, {
      wayOut: error.wayOut === undefined ? hint : `${error.wayOut} ${hint}`,
    })
  }
}

/** Null where there is none, or no engine that could have one. */
async function findApp(name: string): Promise<FoundApp | null> {
  try {
    const engine = await requireEngine()
    const apps = await listAppContainers(engine)
    return apps.some((app) => app.name === name) ? { engine, name } : null
  } catch (error) {
    if (error instanceof TallymanError && error.code === 'engine-unfit') return null
    throw error
  }
}

/** Writes what an app has printed; with --follow until it has ended, or whoever reads leaves. */
export async function tellApp(
  { engine, name }: FoundApp,
  args: Arguments,
  terminal: Terminal,
): Promise<void> {
  if (args.text('attempt') !== null) {
    throw new TallymanError('usage', `Option --attempt is for runs, and ${name} is an app.`, {
      wayOut: 'Leave it out.',
    })
  }
  const tell = (line: string): void =>
    terminal.out(args.has('json') ? JSON.stringify({ app: name, line }) : printable(line))
  await leavable((stop) => tellAppLog(engine, name, tell, { follow: args.has('follow'), stop }))
}
