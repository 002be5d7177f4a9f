/** Commands to go on with, as they are typed in a shell. */
import { basename } from 'node:path'
import type { ErrorCode } from '../errors.ts'
import { acceptOption, type InputProblem, inputName } from '../input/index.ts'
import { sayMisfit } from './state/judge.ts'
import type { RunState } from './state/state.ts'
import { mostAreRejected, totalsOf } from './state/totals.ts'

/** More names than this are cut off: nobody accepts them one by one. */
const acceptedMax = 40

/** The job is kept as it was when the run began: what its code does wrong, it does again. */
const failAgain: ReadonlySet<ErrorCode> = new Set([
  'job-threw',
  'job-exited',
  'param-invalid',
  'key-invalid',
  'value-invalid',
  'not-deterministic',
  'input-changed',
])

/**
 * What to do instead of going on with a run: of one that was refused since most of its records were rejected, the rest is no result; one that failed by its
 * job fails again. Null where it can be resumed.
 */
export function sayMend(state: RunState): string | null {
  if (state.phase === 'failed' && state.fault !== null && failAgain.has(state.fault.code))
    return 'When it is mended, run it again.'
  if (state.phase !== 'refused' || !mostAreRejected(totalsOf(state))) return null
  return state.shortfalls.some(({ kind, accepted }) => kind === 'rejected' && !accepted) ? sayMisfit : null
}

/** The command that goes on with a run; for one that was refused, without what is lacking. See `sayMend` for when not to. */
export function resumeCommand(id: string, state: RunState): string {
  const command = `tallyman resume ${id}`
  if (state.phase !== 'refused') return command
  const lacking = state.shortfalls.filter(({ accepted }) => !accepted)
  const shown = optionsFor(
    lacking.flatMap((shortfall) => (shortfall.kind === 'input' ? [nameToAccept(shortfall.name, state)] : [])),
  )
  const totals = totalsOf(state)
  if (lacking.some(({ kind }) => kind === 'rejected') && !mostAreRejected(totals))
    shown.push(`--max-bad ${totals.rejected}`)
  return [command, ...shown].join(' ')
}

/** The options that go on without these problems. */
export function acceptOptions(problems: readonly InputProblem[]): string {
  return optionsFor(problems.map(({ path, member }) => inputName(basename(path), member))).join(' ')
}

function optionsFor(names: readonly string[]): string[] {
  const options = [...new Set(names)].map(acceptOption)
  return options.length > acceptedMax ? [...options.slice(0, acceptedMax), '…'] : options
}

/** The shortest name that accepts a shortfall; that of its archive where several members of it are lacking. */
export function nameToAccept(name: string, { plan, shortfalls }: RunState): string {
  const archive = plan.discovery.files.find(({ path }) => name.startsWith(`${path}!`))
  if (archive === undefined) return basename(name)
  const inside = `${archive.path}!`
  const isAlone =
    shortfalls.filter((other) => other.kind === 'input' && other.name.startsWith(inside)).length === 1
  return basename(archive.path) + (isAlone ? name.slice(archive.path.length) : '')
}
