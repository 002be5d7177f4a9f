import { readlinkSync } from 'node:fs'

/**
 * Which processes count each other: a container has a namespace of its own (pid_namespaces(7)), in which a number is another process's. Null where the
 * system does not tell.
 */
export function processNamespace(): string | null {
  try {
    return /^pid:\[(\d+)\]$/.exec(readlinkSync('/proc/self/ns/pid'))?.[1] ?? null
  } catch {
    return null
  }
}
