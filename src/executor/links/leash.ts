import { type ChildProcess, spawn } from 'node:child_process'

/**
 * A shell that does nothing but wait for this process to end. However that happens, its input ends with it, and then it
 * kills the process groups that are held: a worker in an endless loop would never see that nobody is there any more, and
 * what a worker has started would outlive it. Lines of input: `+ GROUP`, `- GROUP`, or `.`, which lets go of all.
 */
const watch = `
groups=
while read -r sign group; do
  case $sign in
    +) groups="$groups $group" ;;
    -) kept=
       for one in $groups; do [ "$one" = "$group" ] || kept="$kept $one"; done
       groups=$kept ;;
    .) exit ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
`

/** Holds process groups so that they end when this process does, even by kill -9. */
export class Leash {
  #shell: ChildProcess | null = null

  /** Holds a group; starts the shell with the first one. Cost: a write of a few bytes. */
  hold(group: number): void {
    this.#say(`+ ${group}`)
  }

  /** To be called as soon as the group is gone: its number may become another's. */
  release(group: number): void {
    if (this.#shell !== null) this.#say(`- ${group}`)
  }

  /** Ends the shell. REQUIRES: no group is held any more. Safe more than once. */
  async close(): Promise<void> {
    const shell = this.#shell
    if (shell === null) return
    this.#shell = null
    if (shell.exitCode !== null || shell.signalCode !== null) return
    const ended = new Promise((resolve) => shell.once('close', resolve))
    shell.stdin?.end('.\n')
    await ended
  }

  #say(line: string): void {
    this.#shell ??= startShell()
    this.#shell.stdin?.write(`${line}\n`)
  }
}

function startShell(): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', watch], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  // Where it cannot be started, or is killed, workers that are not in a loop still see their line close.
  shell.on('error', () => undefined)
  shell.stdin?.on('error', () => undefined)
  return shell
}
