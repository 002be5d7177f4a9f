import { packageVersion } from '../../run/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { manPage } from '../man-page.ts'

/** @param commands all of them, this one included */
export function manCommand(commands: () => readonly Command[]): Command {
  return {
    name: 'man',
    operands: '',
    operandsMax: 0,
    summary: 'writes the manual page, in the form that `man` reads',
    example: 'tallyman man > tallyman.1 && man ./tallyman.1',
    run: async (_args, terminal) => {
      terminal.out(manPage(commands(), packageVersion()).trimEnd())
      return exitCodes.complete
    },
  }
}
