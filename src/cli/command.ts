import type { Arguments } from './arguments.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** A command: what it is called, what help says of it, and what it does. */
export interface Command {
  readonly name: string
  /** Arguments that are no flags, as help shows them: `JOB INPUT…`. */
  readonly operands: string
  /** How many of them it takes at most; more are refused before `run` is called. Absent: any number. */
  readonly operandsMax?: number
  /** What it does, as the rest of a sentence that begins with the command. */
  readonly summary: string
  /** Further paragraphs of its help. */
  readonly details?: readonly string[]
  /** A command line to start from. */
  readonly example: string
  /**
   * Runs it. Called once. What it throws is shown to the user and decides the exit code.
   *
   * @returns the exit code
   */
  run(args: Arguments, terminal: Terminal): Promise<ExitCode>
  /** What it ends with when it throws, where the usual code would say something else. */
  readonly troubleCode?: ExitCode
  /**
   * Says more than the table of flags does. Called instead of `run` where `--help` came with operands.
   *
   * @returns the exit code
   */
  help?(args: Arguments, terminal: Terminal): Promise<ExitCode>
}
