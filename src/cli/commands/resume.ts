import { TallymanError } from '../../errors.ts'
import { type PreparedRun, resumeRun } from '../../run/index.ts'
import { carryOut, stopOnSignals } from '../carry-out.ts'
import type { Command } from '../command.ts'
import { checkOutlet, readOutlet } from '../outlet.ts'
import { readMaxBad } from '../run-options.ts'
import { findRun } from '../runs-folder.ts'

export const resume: Command = {
  name: 'resume',
  operands: 'RUN',
  summary: 'goes on with a run that was interrupted, refused, cut off or failed',
  details: [
    'What was committed is not done again. RUN is an id, the beginning of one, "last", or the path of a run.',
    'With --accept and --max-bad a run that was refused is finished without what is lacking.',
  ],
  example: 'tallyman resume last --accept 2020-02-20',
  run: async (args, terminal) => {
    const [name, ...more] = args.positionals
    if (name === undefined || more.length > 0) {
      throw new TallymanError('usage', '`tallyman resume` takes one run.', {
        wayOut: 'Say for example: tallyman resume last. `tallyman runs` lists them.',
      })
    }
    const outlet = readOutlet(args, terminal)
    const { signal, release } = stopOnSignals()
    let run: PreparedRun | null = null
    try {
      run = await resumeRun(findRun(name, terminal), {
        accept: args.list('accept'),
        badRecords: readMaxBad(args.text('max-bad')),
      })
      checkOutlet(run, outlet)
      return await carryOut(run, outlet, terminal, signal)
    } finally {
      await run?.close()
      release()
    }
  },
}
