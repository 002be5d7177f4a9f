import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { runProgram } from '../run-program.ts'

const sessionMsMax = 300_000
const mark = '\u0001END\u0001'

/**
 * Types commands into one session of bash, in an empty folder named `~`, and returns what each printed, on either stream, with a line for
 * an exit code other than 0. The project's own `tallyman` is found first.
 *
 * @throws where the session ends before the last command has
 */
export async function play(typed: readonly string[]): Promise<string[]> {
  const root = process.cwd()
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'tallyman-transcript-')))
  try {
    const script = typed.map((one) => `${one}\nstatus=$?; printf '\\n${mark} %d\\n' "$status"`).join('\n')
    const { output } = await runProgram('bash', ['-c', `exec 2>&1; unset TALLYMAN_HOME CI\n${script}`], {
      cwd: home,
      env: {
        HOME: home,
        PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH ?? ''}`,
        NO_COLOR: '1',
        LC_ALL: 'C.UTF-8',
      },
      timeoutMs: sessionMsMax,
    })
    const parts = output.split(`\n${mark} `)
    if (parts.length !== typed.length + 1)
      throw new Error(`The session ended at ${JSON.stringify(typed[parts.length - 1])}:\n${parts.at(-1)}`)
    const codes = parts.slice(1).map((part) => Number.parseInt(part, 10))
    return typed.map((_, index) => {
      const printed = (parts[index] ?? '').replace(/^\d+\n/, '').replaceAll(home, '~')

      return codes[index] === 0 ? printed : `${printed.trimEnd()}\n[exit ${codes[index]}]`.trimStart()
    })
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
