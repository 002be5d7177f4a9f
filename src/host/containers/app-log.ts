import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { appUnfit, containerOf } from './app-names.ts'
import { askEngine } from './ask-engine.ts'
import type { Engine } from './engine.ts'

/**
 * The last of what an app has printed, on both streams.
 *
 * @param since its last start, as the engine tells it; null: all its starts
 */
export async function readAppLog(
  engine: Engine,
  name: string,
  lines: number,
  since: string | null,
): Promise<string> {
  const { stdout, stderr } = await askEngine(engine.command, [
    ...['logs', '--tail', String(lines)],
    ...(since === null ? [] : ['--since', since]),
    containerOf(name),
  ])
  return `${stdout}${stderr}`
}

/**
 * Tells what an app has printed, on both streams, in whole lines as they come.
 *
 * @param follow whether it goes on with what is printed, until the container is gone or `stop` is aborted
 * @throws {TallymanError} `engine-unfit` where the engine does not tell
 */
export async function tellAppLog(
  engine: Engine,
  name: string,
  tell: (line: string) => void,
  { follow, stop }: { readonly follow: boolean; readonly stop: AbortSignal },
): Promise<void> {
  const [program, ...options] = engine.command
  const args = [...options, 'logs', ...(follow ? ['--follow'] : []), containerOf(name)]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const end = (): void => void child.kill()
  stop.addEventListener('abort', end, { once: true })
  let last = ''
  const said = [child.stdout, child.stderr].map(async (stream) => {
    for await (const line of createInterface({ input: stream })) {
      last = line
      tell(line)
    }
  })
  const [[status]] = await Promise.all([once(child, 'close'), ...said])
  stop.removeEventListener('abort', end)
  if (status !== 0 && !stop.aborted) throw appUnfit(engine, `the log of ${name} cannot be read`, last)
}
