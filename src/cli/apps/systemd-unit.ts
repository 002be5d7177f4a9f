import { delimiter, join, resolve } from 'node:path'
import { packageRoot } from '../../run/index.ts'
import type { Arguments } from '../arguments.ts'
import type { Terminal } from '../terminal.ts'

/** What of the environment says what is served, and by which engine. */
const kept = ['TALLYMAN_HOME', 'TALLYMAN_ENGINE', 'TALLYMAN_ENGINE_WAIT', 'DOCKER_HOST'] as const

/**
 * Prints a unit of a user's systemd (systemd.service(5)) that carries out this very command line when the machine starts, and `down` when it
 * stops; on stderr, what makes it take effect.
 */
export function systemdUnit(name: string, args: Arguments, { cwd, env, out, say }: Terminal): void {
  const program = [process.execPath, join(packageRoot, 'bin', 'tallyman')]
  const port = args.count('port')
  const memory = args.text('memory')
  const command = [
    ...[...program, 'up'],
    ...(port === null ? [] : ['--port', String(port)]),
    ...(memory === null ? [] : ['--memory', memory]),
    ...args.list('build-arg').flatMap((argument) => ['--build-arg', argument]),
    ...args.positionals.map((path) => resolve(cwd, path)),
  ]
  const variables = kept.flatMap((variable) => {
    const value = env[variable]
    return value === undefined || value === '' ? [] : [[variable, value] as const]
  })
  const path = (env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'))
  const unit = [
    '[Unit]',
    `Description=tallyman: ${name}`,
    'After=network.target',
    '',
    '[Service]',
    // It starts a container and ends; what it started goes on, and is ended by its name.
    'Type=oneshot',
    'RemainAfterExit=yes',
    `WorkingDirectory=${escaped(cwd)}`,
    ...[...variables, ['PATH', path.join(delimiter)] as const].map(
      ([variable, value]) => `Environment=${quoted(`${variable}=${value}`)}`,
    ),
    `ExecStart=${command.map(quoted).join(' ')}`,
    `ExecStop=${[...program, 'down', name].map(quoted).join(' ')}`,
    'TimeoutStartSec=600',
    '',
    '[Install]',
    'WantedBy=default.target',
  ]
  out(unit.join('\n'))
  const file = `tallyman-${name}.service`
  say(
    `To have it after each reboot: mkdir -p ~/.config/systemd/user, put this into ~/.config/systemd/user/${file}, then`,
  )
  say(`systemctl --user enable --now ${file} && loginctl enable-linger`)
}

/** A percent sign begins what systemd puts in itself. */
function escaped(text: string): string {
  return text.replaceAll('%', '%%')
}

/** A word of a command line, or an assignment, as systemd.syntax(7) reads it; `$` would be a variable. */
function quoted(text: string): string {
  const inside = escaped(text)
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('$', '$$$$')
    .replaceAll('\n', '\\n')
  return /^[\w@:,./+=%-]+$/.test(inside) ? inside : `"${inside}"`
}
