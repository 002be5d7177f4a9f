import { spawnSync } from 'node:child_process'

/** The lines of `content` that grep lets through. Exit code 1 says that there are none; any other is a failure. */
export function grep(args: readonly string[], content: Uint8Array): string[] {
  const { status, stdout, stderr, error } = spawnSync('grep', args, { input: content, encoding: 'utf8' })
  // A grep that cannot read its pattern ends before it has read its input: how it ended says more than the broken pipe.
  if (status !== null && status > 1) throw new Error(`grep ended with exit code ${status}: ${stderr.trim()}`)
  if (error !== undefined) throw error
  if (status === null) throw new Error('grep was killed')
  return stdout.split('\n').slice(0, -1)
}
