import { renameSync } from 'node:fs'
import { basename } from 'node:path'
import type { RunDirectory } from '../run/index.ts'
import type { Terminal } from './terminal.ts'

/** Set for a process that carries on a run by itself: the file that its stdout and stderr are. */
export const detachedName = 'TALLYMAN_DETACHED'

/** What such a process tells the one that started it. */
export type Told =
  | { readonly kind: 'out' | 'say'; readonly line: string }
  /** The run is planned, and all that could fail at once has not. */
  | { readonly kind: 'begun'; readonly run: string; readonly directory: string; readonly log: string }

/**
 * The terminal of this process: of one that was detached, the terminal of whoever started it until the run has begun, and the
 * run's log from then on. Whoever started it may go before: then it is the log at once. Called once, before the environment is
 * handed on.
 */
export function throughStarter(terminal: Terminal): Terminal {
  const log = process.env[detachedName]
  delete process.env[detachedName]
  if (log === undefined || !process.connected) return terminal
  const { out, say } = terminal
  /** What the log has not seen. */
  const told: { readonly kind: 'out' | 'say'; readonly line: string }[] = []
  let hasBegun = false
  const speaker = (kind: 'out' | 'say', write: (line: string) => void) => (line: string) => {
    if (hasBegun || !process.connected) return write(line)
    told.push({ kind, line })
    tell({ kind, line })
  }
  return {
    ...terminal,
    out: speaker('out', out),
    say: speaker('say', say),
    letGo: (directory) => {
      hasBegun = true
      moveLog(log, directory)
      for (const { kind, line } of told) (kind === 'out' ? out : say)(line)
      const { path, runLogFile } = directory
      tell({ kind: 'begun', run: basename(path), directory: path, log: runLogFile }, () => {
        if (process.connected) process.disconnect()
      })
    },
  }
}

/** The file keeps its bytes and its descriptors. */
function moveLog(log: string, { runLogFile }: RunDirectory): void {
  if (log !== runLogFile) renameSync(log, runLogFile)
}

/** Whoever started this process may be gone: what is told is lost then, and nothing else. */
function tell(told: Told, then: () => void = () => undefined): void {
  if (process.connected) process.send?.(told, then)
}
