/** Completions for shells, made of the commands and the table of flags. */
import type { Command } from './command.ts'
import { type Flag, flagsOf } from './flags.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

export function completionScript(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands)
    case 'zsh':
      // zsh reads bash's completions.
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`
    case 'fish':
      return fish(commands)
  }
}

function wordsOf(flag: Flag): string[] {
  return [`--${flag.name}`, ...(flag.short === undefined ? [] : [`-${flag.short}`])]
}

function choicesOf({ takes }: Flag): readonly string[] {
  return takes.kind === 'choice' ? takes.choices : []
}

function bash(commands: readonly Command[]): string {
  const choices = new Map(
    commands
      .flatMap(({ name }) => flagsOf(name))
      .filter((flag) => choicesOf(flag).length > 0)
      .map((flag) => [flag.name, choicesOf(flag)]),
  )
  return `_tallyman() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$word"))
    return
  fi
  case "$before" in
${[...choices].map(([name, values]) => `    --${name}) COMPREPLY=($(compgen -W "${values.join(' ')}" -- "$word")); return ;;`).join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map(({ name }) => `    ${name}) words="${flagsOf(name).flatMap(wordsOf).join(' ')}" ;;`).join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _tallyman tallyman`
}

function fish(commands: readonly Command[]): string {
  const quote = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`
  const lines = commands.flatMap(({ name, summary }) => [
    `complete -c tallyman -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    ...flagsOf(name).map((flag) => {
      const short = flag.short === undefined ? '' : ` -s ${flag.short}`
      const choices = choicesOf(flag)
      const value =
        flag.takes.kind === 'switch' ? '' : choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : ' -r'
      return `complete -c tallyman -n '__fish_seen_subcommand_from ${name}' -l ${flag.name}${short}${value} -d ${quote(flag.help)}`
    }),
  ])
  return lines.join('\n')
}
