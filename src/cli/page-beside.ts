import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../run/index.ts'
import type { Arguments } from './arguments.ts'
import type { Terminal } from './terminal.ts'

/** A page that is served beside a run. */
export interface PageBeside {
  end(): void
}

/** Whether a page is asked for. */
export function readPage(args: Arguments): { readonly port: number | null } | undefined {
  return args.has('serve') ? { port: args.count('port') } : undefined
}

/**
 * Serves the page in a process of its own while a run goes on, and says where. The process ends with this one, however that ends. A
 * page that cannot be served is no reason to end a run: that is said instead.
 *
 * @param path of what is to be seen, on the page
 */
export function servePageBeside(terminal: Terminal, path: string, port: number | null): PageBeside {
  const args = ['serve', '--json', ...(port === null ? [] : ['--port', String(port)])]
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'tallyman'), ...args], {
    cwd: terminal.cwd,
    env: { ...terminal.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C in the terminal is meant for the run, which ends it.
    detached: true,
  })
  tellOf(child, path, terminal)
  child.unref()
  child.channel?.unref()
  return {
    end: () => {
      child.kill('SIGTERM')
      // What it still says is for nobody, and would keep this process.
      child.stdout?.destroy()
      child.stderr?.destroy()
      if (child.connected) child.disconnect()
    },
  }
}

function tellOf(child: ChildProcess, path: string, { say }: Terminal): void {
  let said = ''
  let isTold = false
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
    const end = said.indexOf('\n')
    if (isTold || end === -1) return
    isTold = true
    const { link, forward } = JSON.parse(said.slice(0, end)) as {
      readonly link?: string
      readonly forward?: string
    }
    if (link === undefined) return
    const { origin, search } = new URL(link)
    say(`Watch it while it runs: ${origin}${path}${search}`)
    say(`  from your laptop: ${forward}; afterwards: tallyman serve`)
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (!isTold && text.startsWith('Error')) say(`The page is not served: ${text.trimEnd()}`)
  })
  child.on('error', (error) => say(`The page is not served: ${error.message}`))
}
