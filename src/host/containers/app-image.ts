import { appUnfit, containerOf } from './app-names.ts'
import { askEngine, type EngineAnswer } from './ask-engine.ts'
import { openFilesMax } from './container-arguments.ts'
import type { Engine } from './engine.ts'
import { parseSaid } from './engine-trouble.ts'

/** A build may compile on many cores. */
const buildProcessesMax = 4096

/** What the image of an app is built of. */
export interface BuildOrder {
  readonly folder: string
  /** `NAME=VALUE`, each for an ARG of the Dockerfile. */
  readonly buildArguments: readonly string[]
}

/**
 * Builds the image of a folder with a Dockerfile. Images it begins with are never asked of a registry where they are here.
 *
 * @returns its name, and the first port that it exposes; null for none
 * @throws {TallymanError} `engine-unfit` with the last of what the build said
 */
export async function buildAppImage(
  engine: Engine,
  name: string,
  { folder, buildArguments }: BuildOrder,
): Promise<{ readonly image: string; readonly exposedPort: number | null }> {
  const image = `localhost/${containerOf(name)}`
  // As the images of workers, it is removed by `clean --images`.
  const label = ['--label', 'tallyman.image=app']
  const ulimits = [
    ...['--ulimit', `nofile=${openFilesMax}:${openFilesMax}`],
    ...['--ulimit', `nproc=${buildProcessesMax}:${buildProcessesMax}`],
  ]
  const given = buildArguments.flatMap((argument) => ['--build-arg', argument])
  const args = ['build', ...ulimits, ...label, ...given, '--tag', image, folder]
  const built = await askEngine(engine.command, args, 'build')
  if (built.status !== 0) throw appUnfit(engine, `the image of ${folder} cannot be built`, tellingOf(built))
  const format = ['--format', '{{json .Config.ExposedPorts}}']
  const { stdout } = await askEngine(engine.command, ['image', 'inspect', ...format, image])
  const ports = parseSaid(engine.kind, stdout === '' ? 'null' : stdout) as Readonly<
    Record<string, unknown>
  > | null
  return { image, exposedPort: Number.parseInt(Object.keys(ports ?? {})[0] ?? '', 10) || null }
}

/** What fails in a build may have said so where a build says what it does. */
function tellingOf({ stdout, stderr }: EngineAnswer): string {
  return stderr.trim() === '' ? stdout : stderr
}
