import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type AppOrder, buildAppImage, type Engine, mountsOf, requireWorkerImage } from '../../host/index.ts'
import { listRuns, mkdirIn, packageRoot, RunDirectory } from '../../run/index.ts'
import { keptOutlet } from '../outlet.ts'
import { pageTokenFile, runsFolder } from '../runs-folder.ts'
import type { Terminal } from '../terminal.ts'
import { bundleFolder } from './own-apps.ts'
import { packageFolders } from './package-folders.ts'

/** What an app is started from. */
export type AppPart = Pick<AppOrder, 'image' | 'command' | 'mounts' | 'insidePort' | 'tokenFile'>

const insidePortDefault = 8080
/** At all addresses of the container: its loopback address is reached by nobody outside. */
const insideAddress = '0.0.0.0'

/** Builds the image of a folder with a Dockerfile. Throws `engine-unfit`. */
export async function partOfDockerfile(
  engine: Engine,
  name: string,
  folder: string,
  buildArguments: readonly string[],
): Promise<AppPart> {
  const { image, exposedPort } = await buildAppImage(engine, name, { folder, buildArguments })
  return { image, command: [], mounts: [], insidePort: exposedPort ?? insidePortDefault, tokenFile: null }
}

/**
 * Bundles a module beside the runs: the container reads it for as long as it is there.
 *
 * @throws {TallymanError} `job-invalid` for what does not compile; `engine-unfit` where there can be no image
 */
export async function partOfModule(
  engine: Engine,
  module: string,
  name: string,
  terminal: Terminal,
): Promise<AppPart> {
  const { AppBundle } = await import('../../web/index.ts')
  const { name: image, node } = await requireWorkerImage(engine, terminal.say)
  const folder = bundleFolder(name, terminal)
  mkdirIn(dirname(folder), 'apps')
  const bundle = new AppBundle(module, `${folder}.new`)
  await bundle.make()
  rmSync(folder, { recursive: true, force: true })
  renameSync(bundle.folder, folder)
  const readable = [...packageFolders(packageRoot), folder, dirname(module)]
  return {
    image,
    command: [
      ...[node, programOf('own-app/app-main'), join(folder, 'app.mjs'), module],
      ...[insideAddress, String(insidePortDefault)],
    ],
    mounts: mountsOf(readable, []),
    insidePort: insidePortDefault,
    tokenFile: null,
  }
}

/**
 * Tallyman's own page, which may read the runs, the results that lie elsewhere as of now, and its token; and nothing else of the user's.
 *
 * @throws {TallymanError} `engine-unfit` where there can be no image; `io` for a token that others may read
 */
export async function partOfPage(engine: Engine, terminal: Terminal): Promise<AppPart> {
  const { readToken } = await import('../../web/index.ts')
  const { name: image, node } = await requireWorkerImage(engine, terminal.say)
  const runs = runsFolder(terminal)
  mkdirIn(runs)
  const tokenFile = pageTokenFile(runs)
  readToken(tokenFile)
  return {
    image,
    command: [
      ...[node, programOf('page-main'), runs, tokenFile],
      ...[insideAddress, String(insidePortDefault)],
    ],
    mounts: mountsOf([...packageFolders(packageRoot), runs, tokenFile, ...resultsElsewhere(runs)], []),
    insidePort: insidePortDefault,
    tokenFile,
  }
}

/** Of so many runs, the newest. Each is a mount. */
const resultsMax = 100

/** The folders that results of these runs went to, where that is not the run's own. */
function resultsElsewhere(runs: string): string[] {
  const places = listRuns(runs)
    .slice(0, resultsMax)
    .flatMap((id) => targetOf(new RunDirectory(join(runs, id))) ?? [])
  return [...new Set(places)].filter((place) => existsSync(place))
}

/** Null for none, and where that is not known: the page says of such a result that it is not there. */
function targetOf(directory: RunDirectory): string | null {
  try {
    return keptOutlet(directory)?.target ?? null
  } catch {
    return null
  }
}

function programOf(name: string): string {
  return join(packageRoot, 'dist', 'web', `${name}.js`)
}
