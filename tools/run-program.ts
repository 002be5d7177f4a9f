/** Runs other programs: packages' own command lines and our own tools. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Outcome {
  /** 0 for success; 1 when a signal ended the program. */
  readonly exitCode: number
  /** stdout and stderr as they came; empty when they were shown. */
  readonly output: string
}

export interface RunOptions {
  /** `shown` passes output on as it comes, `kept` returns it. Default `kept`. */
  readonly output?: 'shown' | 'kept'
  readonly cwd?: string
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>
  /** The program is killed after this time. Default: never. */
  readonly timeoutMs?: number
  /** Makes it the first of a process group: the time's end, and the end of this process, kill all that it started with it. */
  readonly isGroup?: true
}

/** Runs a program without stdin and waits for its end. Throws only when it cannot be started. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const shown = options.output === 'shown'
  const child = spawn(program, args, {
    stdio: ['ignore', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.timeoutMs === undefined || options.isGroup
      ? {}
      : { timeout: options.timeoutMs, killSignal: 'SIGKILL' }),
    ...(options.isGroup ? { detached: true } : {}),
  })
  const release = options.isGroup ? holdGroup(child, options.timeoutMs) : () => {}
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, signal) => {
      release()
      const death = signal === null ? '' : `\nEnded by ${signal}.\n`
      resolve({ exitCode: exitCode ?? 1, output: Buffer.concat(chunks).toString() + death })
    })
  })
}

/** Kills the group of a program when its time is over, or when this process ends before it. Returns what calls that off. */
function holdGroup({ pid }: ChildProcess, timeoutMs: number | undefined): () => void {
  const kill = () => {
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch (error) {
      // All of them are gone already.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
    }
  }
  const interrupt = () => process.exit(130)
  const timer = timeoutMs === undefined ? undefined : setTimeout(kill, timeoutMs)
  process.once('exit', kill)
  process.once('SIGINT', interrupt)
  return () => {
    clearTimeout(timer)
    process.off('exit', kill)
    process.off('SIGINT', interrupt)
  }
}

/** Runs the command line a package brings, without npx and without a shell. */
export function runPackage(
  name: string,
  bin: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<Outcome> {
  const folder = join('node_modules', name)
  const manifest: { bin?: string | Record<string, string> } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  )
  const file = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin?.[bin]
  if (file === undefined) throw new Error(`Package "${name}" has no program "${bin}".`)
  return runProgram(process.execPath, [join(folder, file), ...args], options)
}

/** Runs `tools/NAME.ts` in a process of its own. */
export function runTool(name: string, args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return runProgram(process.execPath, [join('tools', 'run.mjs'), name, ...args], options)
}
