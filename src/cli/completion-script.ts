/** Completions for shells, made of the commands and the table of flags. */
import type { Command } from './command.ts'
import type { Flag } from './flag.ts'
import { flagsOf } from './flags.ts'

/** The shells that there is a script for, as `tallyman completions` takes them. */
export const shells = ['bash', 'zsh', 'fish'] as const
/** A shell, by the name of its program. */
export type Shell = (typeof shells)[number]

/** What may stand where a command does, beside the commands. */
const furtherFirstWords = ['help', '--help', '--version']

/** What the shell has to source, without a line feed at its end. It completes commands, flags, their choices, and the ids of runs there are. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands)
    case 'zsh':
      // zsh reads bash's completions.
      return `(( $+functions[compdef] )) || { autoload -U +X compinit && compinit }\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`
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

/** Operands that are one of a few words: `bash|zsh|fish`. */
function operandChoices({ operands }: Command): readonly string[] {
  return /^[a-z]+(\|[a-z]+)+$/.test(operands) ? operands.split('|') : []
}

/** A run, or a result that may be named by its run. */
function takesRun({ operands }: Command): boolean {
  return /\b(RUN|RESULT|A B)\b/.test(operands)
}

/** Where nothing is offered, `-o default` has the shell complete names of files, with all its quoting. */
function bash(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name)
  // A flag of one name may offer other choices in another command.
  const choices = new Map<string, string[]>()
  for (const command of names) {
    for (const flag of flagsOf(command)) {
      const values = choicesOf(flag).join(' ')
      if (values !== '') choices.set(values, [...(choices.get(values) ?? []), `${command}:--${flag.name}`])
    }
  }
  return `_tallyman() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="" flags="" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...names, ...furtherFirstWords].join(' ')}" -- "$word"))
    return
  fi
  # bash takes --flag=value for three words.
  before="\${COMP_WORDS[COMP_CWORD-1]}"
  if [ "$word" = "=" ]; then word=""; elif [ "$before" = "=" ]; then before="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  case "\${COMP_WORDS[1]}:$before" in
${[...choices].map(([values, flags]) => `    ${flags.join('|')}) COMPREPLY=($(compgen -W "${values}" -- "$word")); return ;;`).join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map((command) => `    ${command.name}) flags="${flagsOf(command.name).flatMap(wordsOf).join(' ')}"${bashOperands(command)} ;;`).join('\n')}
    help) words="${names.join(' ')}" ;;
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
  esac
}
complete -o default -F _tallyman tallyman`
}

function bashOperands(command: Command): string {
  const words = operandChoices(command)
  if (words.length > 0) return ` words="${words.join(' ')}"`
  // Ids of runs hold letters, digits, "-" and "_" alone.
  if (takesRun(command)) return ` words="last $(command ls "\${TALLYMAN_HOME:-.tallyman}/runs" 2>/dev/null)"`
  return ''
}

function fish(commands: readonly Command[]): string {
  return [
    "complete -c tallyman -n __fish_use_subcommand -a help -d 'says more of a command'",
    ...commands.flatMap((command) => [
      `complete -c tallyman -n __fish_use_subcommand -a ${command.name} -d ${fishWord(command.summary)}`,
      ...fishOperands(command),
      ...flagsOf(command.name).map((flag) => fishFlag(command.name, flag)),
    ]),
  ].join('\n')
}

function fishOperands(command: Command): string[] {
  const offer = (what: string): string[] => [
    `complete -c tallyman -n '__fish_seen_subcommand_from ${command.name}' -a ${what}`,
  ]
  const words = operandChoices(command)
  if (words.length > 0) return offer(fishWord(words.join(' ')))
  return takesRun(command)
    ? offer(
        `'last (set -q TALLYMAN_HOME; or set -l TALLYMAN_HOME .tallyman; command ls $TALLYMAN_HOME/runs 2>/dev/null)'`,
      )
    : []
}

function fishFlag(command: string, flag: Flag): string {
  const short = flag.short === undefined ? '' : ` -s ${flag.short}`
  const choices = choicesOf(flag)
  const value =
    flag.takes.kind === 'switch' ? '' : choices.length > 0 ? ` -x -a ${fishWord(choices.join(' '))}` : ' -r'
  return `complete -c tallyman -n '__fish_seen_subcommand_from ${command}' -l ${flag.name}${short}${value} -d ${fishWord(flag.help)}`
}

function fishWord(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
