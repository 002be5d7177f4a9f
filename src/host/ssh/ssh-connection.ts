import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from '../../errors.ts'

/** Whom ssh is asked to reach, and how. */
export interface SshTarget {
  /** `USER@HOST`, or whatever the user's configuration knows. */
  readonly destination: string
  /** Options for ssh, before its destination. */
  readonly options: readonly string[]
}

/** Where the laptop's end of a forwarded port is: a socket in a folder of its own, or a port of the loopback address. */
export type Upstream = { readonly path: string } | { readonly port: number; readonly host: '127.0.0.1' }

/** Of what ssh says, so much is kept. */
const saidCharactersMax = 16_384
/** How long ssh may take to end once it is asked to. */
const endWithinMs = 2000

/**
 * What holds for every connection, unless the user's options say something else: it is given up when the other side has been silent for 15
 * seconds, and nothing of the user's configuration that is for a terminal takes part. Versions of ssh that do not know the last ones pass over them.
 */
const ownOptions = [
  'ConnectTimeout=20',
  'ServerAliveInterval=5',
  'ServerAliveCountMax=3',
  'ExitOnForwardFailure=yes',
  'LogLevel=INFO',
  'RequestTTY=no',
  'RemoteCommand=none',
  'ForwardX11=no',
  'ForwardAgent=no',
  'StreamLocalBindMask=0177',
  'IgnoreUnknown=ForkAfterAuthentication,SessionType',
  'ForkAfterAuthentication=no',
].flatMap((option) => ['-o', option])

/** A process of the system's ssh. Passwords it asks for itself, at the terminal. */
export class SshConnection {
  /** Resolves when it has ended, with its exit code; null where a signal ended it, or it was not there. */
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  #said = ''
  #printed = ''
  #news = ''
  #isEnded = false

  private constructor(args: readonly string[], stdin: 'pipe' | 'ignore') {
    // In this process's group: it is asked for passwords at the same terminal, and ends with it.
    this.#child = spawn('ssh', args, { stdio: [stdin, 'pipe', 'pipe'] })
    this.#child.stdin?.on('error', () => undefined)
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#printed += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = `${this.#said}${text}`.slice(-saidCharactersMax)
      this.#news = `${this.#news}${text}`.slice(-saidCharactersMax)
    })
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#said += errnoOf(error) === 'ENOENT' ? noSsh : error.message
        resolve(null)
      })
      this.#child.once('close', (status) => resolve(status))
    })
    void this.ended.then(() => {
      this.#isEnded = true
    })
  }

  /**
   * A connection with a session that runs a script and stays until this process ends, however that ends.
   *
   * @param control where other commands of ssh find it; null: nowhere
   */
  static session({ destination, options }: SshTarget, script: string, control: string | null): SshConnection {
    const shared = control === null ? ['-S', 'none'] : ['-M', '-S', control, '-o', 'ControlPersist=no']
    // What the user's configuration forwards besides is not wanted here, and may be taken.
    const args = [
      ...options,
      ...ownOptions,
      '-o',
      'ClearAllForwardings=yes',
      '-o',
      'SessionType=default',
      ...shared,
      '--',
      destination,
    ]
    return new SshConnection([...args, `exec sh -c '${script}'`], 'pipe')
  }

  /** A connection that does nothing but forward a port of the loopback address over there. */
  static forward({ destination, options }: SshTarget, upstream: Upstream, port: number): SshConnection {
    const args = [...options, ...ownOptions, '-S', 'none', '-N', '-L', forwarding(upstream, port)]
    return new SshConnection([...args, '--', destination], 'ignore')
  }

  /** Has a connection that others find forward a port; null where it does, else what ssh said. */
  static async share(control: string, upstream: Upstream, port: number): Promise<string | null> {
    const ask = ['-F', 'none', '-S', control, '-O', 'forward', '-L', forwarding(upstream, port), 'shared']
    const asked = new SshConnection(ask, 'ignore')
    return (await asked.ended) === 0 ? null : asked.said
  }

  /** What it said on stderr, the last of it. */
  get said(): string {
    return this.#said
  }

  /** What the session printed. */
  get printed(): string {
    return this.#printed
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** What it said since this was asked last. */
  hear(): string {
    const news = this.#news
    this.#news = ''
    return news
  }

  /** Ends it, and resolves when it has. */
  async end(): Promise<void> {
    if (this.#isEnded) return
    this.#child.stdin?.end()
    this.#child.kill('SIGTERM')
    const late = AbortSignal.timeout(endWithinMs)
    late.addEventListener('abort', () => this.#child.kill('SIGKILL'), { once: true })
    await this.ended
  }
}

const noSsh = 'ssh: command not found'

function forwarding(upstream: Upstream, port: number): string {
  const here = 'path' in upstream ? upstream.path : `${upstream.host}:${upstream.port}`
  return `${here}:127.0.0.1:${port}`
}

/** Waits until `look` is true, or the connection has ended; returns whether it is. */
export async function untilSo(
  connection: SshConnection,
  look: () => boolean | Promise<boolean>,
): Promise<boolean> {
  for (;;) {
    if (await look()) return true
    if (connection.isEnded) return false
    await Promise.race([connection.ended, sleep(20)])
  }
}
