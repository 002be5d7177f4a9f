import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The command that opens a link in the browser of whoever sits there; null where nobody does, or nothing opens it. Pure but for a look at the PATH.
 *
 * @example
 * browserCommand('darwin', {}) // ['open']
 */
export function browserCommand(platform: NodeJS.Platform, env: Environment): readonly string[] | null {
  switch (platform) {
    case 'darwin':
      // Who is there over ssh does not see what opens.
      return env.SSH_CONNECTION === undefined ? ['open'] : null
    case 'win32':
      // `start` is a word of cmd, which would act upon what is in a link.
      return ['rundll32', 'url.dll,FileProtocolHandler']
    default: {
      const hasScreen = (env.DISPLAY ?? '') !== '' || (env.WAYLAND_DISPLAY ?? '') !== ''
      const opener = ['wslview', 'xdg-open'].find((name) => isOnPath(name, env.PATH ?? ''))
      return hasScreen && opener !== undefined ? [opener] : null
    }
  }
}

/** Opens a link in a browser, where there is one. Returns whether it was tried. */
export function openBrowser(link: string, env: Environment): boolean {
  const [program, ...options] = browserCommand(process.platform, env) ?? []
  if (program === undefined) return false
  const child = spawn(program, [...options, link], { stdio: 'ignore', detached: true, env: { ...env } })
  // The link is printed as well.
  child.on('error', () => undefined)
  child.unref()
  return true
}

function isOnPath(name: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
