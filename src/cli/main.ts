import { TallymanError } from '../errors.ts'
import { nearestName } from '../job/index.ts'
import { packageVersion } from '../run/index.ts'
import { parseArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { commands } from './command-list.ts'
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts'
import { commandHelp, overview } from './help.ts'
import { openTerminal, sayError, type Terminal } from './terminal.ts'

/** Runs the command line this process was started with; what `bin/tallyman` calls. */
export async function start(): Promise<void> {
  // Whoever reads our output may have enough of it: `tallyman show | head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? exitCodes.complete)
    throw error
  })
  const terminal = openTerminal()
  try {
    process.exitCode = await dispatch(process.argv.slice(2), terminal)
  } catch (error) {
    terminal.status(null)
    process.exitCode = exitCodeOf(sayError(terminal, error).code)
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name, ...rest] = argv
  switch (name) {
    case undefined:
      terminal.say(overview(commands, packageVersion()))
      return exitCodes.usage
    case '--help':
    case '-h':
    case 'help':
      return await help(rest, terminal)
    case '--version':
    case '-V':
      terminal.out(packageVersion())
      return exitCodes.complete
    default:
      return await runCommand(findCommand(name), rest, terminal)
  }
}

async function help([name]: readonly string[], terminal: Terminal): Promise<ExitCode> {
  if (name === undefined || name.startsWith('-')) terminal.out(overview(commands, packageVersion()))
  else terminal.out(commandHelp(findCommand(name)))
  return exitCodes.complete
}

async function runCommand(command: Command, argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const args = parseArguments(command.name, argv)
  if (!args.has('help')) return await command.run(args, terminal)
  const isSaid = args.positionals.length > 0 && (await command.help?.(args, terminal))
  if (isSaid !== true) terminal.out(commandHelp(command))
  return exitCodes.complete
}

function findCommand(name: string): Command {
  const command = commands.find((one) => one.name === name)
  if (command !== undefined) return command
  const near = nearestName(
    name,
    commands.map((one) => one.name),
  )
  throw new TallymanError('usage', `There is no command ${JSON.stringify(name)}.`, {
    wayOut: near === null ? '`tallyman --help` lists them.' : `Did you mean "tallyman ${near}"?`,
  })
}
