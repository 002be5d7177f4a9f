import { TallymanError } from '../errors.ts'
import { nearestName } from '../job/index.ts'
import { packageVersion, sweepContainers } from '../run/index.ts'
import { parseArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { commands } from './command-list.ts'
import { throughStarter } from './detached.ts'
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts'
import { commandHelp, overview, usageOf } from './help.ts'
import { runsFolder } from './runs-folder.ts'
import { openTerminal, sayError, type Terminal } from './terminal.ts'
import { sayUnended } from './unended.ts'

/** Runs the command line this process was started with; what `bin/tallyman` calls. */
export async function start(): Promise<void> {
  const terminal = throughStarter(openTerminal())
  const argv = process.argv.slice(2)
  const endsSaid = sayUnended(process, terminal)
  try {
    process.exitCode = await dispatch(argv, terminal)
  } catch (error) {
    terminal.status(null)
    const { code, message, wayOut = null } = sayError(terminal, error)
    if (asksForJson(argv)) terminal.out(JSON.stringify({ error: { code, message, wayOut } }))
    process.exitCode = commands.find(({ name }) => name === argv[0])?.troubleCode ?? exitCodeOf(code)
  } finally {
    endsSaid()
  }
}

/** Looks at the bare words, since the command line may be what is wrong. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end === -1 ? undefined : end).includes('--json')
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name, ...rest] = argv
  switch (name) {
    case undefined:
      terminal.say(overview(commands, packageVersion(), terminal.columns))
      return exitCodes.usage
    case '--help':
    case '-h':
    case 'help':
      return help(rest, terminal)
    case '--version':
    case '-V':
      terminal.out(packageVersion())
      return exitCodes.complete
    default:
      return await runCommand(findCommand(name), rest, terminal)
  }
}

function help([name]: readonly string[], terminal: Terminal): ExitCode {
  const isOfAll = name === undefined || name.startsWith('-')
  terminal.out(
    isOfAll
      ? overview(commands, packageVersion(), helpColumnsOf(terminal))
      : commandHelp(findCommand(name), helpColumnsOf(terminal)),
  )
  return exitCodes.complete
}

function helpColumnsOf({ outColumns }: Terminal): number | undefined {
  return Number.isFinite(outColumns) ? outColumns : undefined
}

async function runCommand(command: Command, argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const args = parseArguments(command.name, argv)
  if (args.has('help')) {
    if (args.positionals.length > 0 && command.help !== undefined) return await command.help(args, terminal)
    terminal.out(commandHelp(command, helpColumnsOf(terminal)))
    return exitCodes.complete
  }
  checkOperands(command, args.positionals)
  await sweepContainers(runsFolder(terminal), terminal.say)
  return await command.run(args, terminal)
}

function checkOperands(command: Command, operands: readonly string[]): void {
  const extra = operands[command.operandsMax ?? operands.length]
  if (extra === undefined) return
  throw new TallymanError('usage', `"tallyman ${command.name}" has no use for ${JSON.stringify(extra)}.`, {
    wayOut: `Say: tallyman ${usageOf(command)}`,
  })
}

function findCommand(name: string): Command {
  const command = commands.find((one) => one.name === name)
  if (command !== undefined) return command
  if (name.startsWith('-')) {
    const near = nearestName(name, ['--help', '--version'])
    throw new TallymanError('usage', `tallyman has no option ${JSON.stringify(name)} before a command.`, {
      wayOut: near === null ? '`tallyman --help` lists the commands.' : `Did you mean ${near}?`,
    })
  }
  throw new TallymanError('usage', `There is no command ${JSON.stringify(name)}.`, {
    wayOut: sayMeant(name),
  })
}

function sayMeant(name: string): string {
  if (/\.[cm]?[jt]sx?$/.test(name)) return 'To run a job, say: tallyman run JOB INPUT…'
  const near = nearestName(
    name,
    commands.map((one) => one.name),
  )
  return near === null ? '`tallyman --help` lists them.' : `Did you mean "tallyman ${near}"?`
}
