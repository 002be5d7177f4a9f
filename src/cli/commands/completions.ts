import { TallymanError } from '../../errors.ts'
import { sayOneOf } from '../arguments.ts'
import type { Command } from '../command.ts'
import { completionScript, shells } from '../completion-script.ts'
import { exitCodes } from '../exit-codes.ts'

/** @param commands all of them, this one included */
export function completionsCommand(commands: () => readonly Command[]): Command {
  return {
    name: 'completions',
    operands: shells.join('|'),
    operandsMax: 1,
    summary: 'writes what a shell needs to complete commands, options and runs',
    details: [
      'bash: put eval "$(tallyman completions bash)" into ~/.bashrc.',
      'zsh: put eval "$(tallyman completions zsh)" into ~/.zshrc.',
      'fish: tallyman completions fish > ~/.config/fish/completions/tallyman.fish',
    ],
    example: 'eval "$(tallyman completions bash)"',
    run: async (args, terminal) => {
      const [shell] = args.positionals
      const known = shells.find((name) => name === shell)
      if (known === undefined) {
        const given = shell === undefined ? '' : `; ${JSON.stringify(shell)} is none of them`
        throw new TallymanError('usage', `\`tallyman completions\` takes ${sayOneOf(shells)}${given}.`, {
          wayOut: 'Say for example: eval "$(tallyman completions bash)"',
        })
      }
      terminal.out(completionScript(known, commands()))
      return exitCodes.complete
    },
  }
}
