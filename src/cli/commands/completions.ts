import { TallymanError } from '../../errors.ts'
import type { Command } from '../command.ts'
import { completionScript, shells } from '../completion-script.ts'
import { exitCodes } from '../exit-codes.ts'

/** @param commands all of them, this one included */
export function completionsCommand(commands: () => readonly Command[]): Command {
  return {
    name: 'completions',
    operands: shells.join('|'),
    summary: 'writes completions for a shell',
    details: [
      'bash: eval "$(tallyman completions bash)" in ~/.bashrc; zsh: the same in ~/.zshrc; fish: tallyman completions fish > ~/.config/fish/completions/tallyman.fish',
    ],
    example: 'eval "$(tallyman completions bash)"',
    run: async (args, terminal) => {
      const [shell] = args.positionals
      const known = shells.find((name) => name === shell)
      if (known === undefined) {
        throw new TallymanError('usage', `\`tallyman completions\` takes a shell: ${shells.join(', ')}.`)
      }
      terminal.out(completionScript(known, commands()))
      return exitCodes.complete
    },
  }
}
