import { existsSync } from 'node:fs'
import { TallymanError } from '../../errors.ts'
import { type PreparedRun, type RunDirectory, readResumable, resumeRun } from '../../run/index.ts'
import type { Arguments } from '../arguments.ts'
import { interruptible, withRun } from '../carry-out.ts'
import type { Command } from '../command.ts'
import { detach, logOf } from '../detach.ts'
import { checkOutlet, keepOutlet, keptOutlet, type Outlet, readOutlet } from '../outlet.ts'
import { readMaxBad } from '../run-options.ts'
import { findRun } from '../runs-folder.ts'
import type { Terminal } from '../terminal.ts'

export const resume: Command = {
  name: 'resume',
  operands: 'RUN',
  operandsMax: 1,
  summary: 'goes on with a run that was interrupted, refused, cut off or failed',
  details: [
    'What was committed is not done again, and the job is the one the run began with, even if its file has changed.',
    'A run that was refused is finished without what is lacking when that is named with --accept, or tolerated with --max-bad.',
    'RUN is an id, the beginning of one, "last", or the path of a run.',
  ],
  example: 'tallyman resume last --accept 2020-02-20',
  run: async (args, terminal) => {
    const [name] = args.positionals
    if (name === undefined) {
      throw new TallymanError('usage', 'Which run? `tallyman resume` needs the id of one.', {
        wayOut: 'Say for example: tallyman resume last. `tallyman runs` lists them.',
      })
    }
    const directory = findRun(name, terminal)
    const outlet = readOutlet(args, terminal, keptOutlet(directory))
    // What is no run is refused below, and gets no log.
    if (args.has('detach') && terminal.letGo === undefined && existsSync(directory.identityFile)) {
      return await detach(args, terminal, logOf(directory))
    }
    const make = (): Promise<PreparedRun> => reopen(directory, { args, outlet, terminal })
    return await interruptible(terminal, (stop, finish) => withRun(make, { outlet, terminal, stop, finish }))
  },
}

async function reopen(
  directory: RunDirectory,
  {
    args,
    outlet,
    terminal,
  }: { readonly args: Arguments; readonly outlet: Outlet; readonly terminal: Terminal },
): Promise<PreparedRun> {
  const { state } = readResumable(directory)
  // A run that is complete, or has no plan, is refused below for a better reason than where its result would go.
  if (state !== null && state.phase !== 'complete') checkOutlet(state.plan, outlet)
  const run = await resumeRun(directory, {
    accept: args.list('accept'),
    badRecords: readMaxBad(args.text('max-bad')),
  })
  keepOutlet(directory, outlet)
  terminal.letGo?.(directory)
  return run
}
