import { readSmallFile } from '../small-file.ts'

/** Where something listens. */
export interface Listener {
  readonly port: number
  /** At the loopback address alone. */
  readonly isLoopback: boolean
}

/**
 * Where processes listen that share the network of this one (proc(5), /proc/PID/net/tcp), in order of ports: those of a container, by its first
 * process. None where it may not be looked at.
 */
export function listenersOf(pid: number, proc = '/proc'): Listener[] {
  const found = ['tcp', 'tcp6'].flatMap((name) =>
    (readSmallFile(`${proc}/${pid}/net/${name}`) ?? '').split('\n').flatMap((line) => {
      const [, local = '', , state] = line.trim().split(/\s+/)
      const [address = '', port = ''] = local.split(':')
      return state === '0A' ? [{ port: Number.parseInt(port, 16), isLoopback: isLoopback(address) }] : []
    }),
  )
  return found.sort((a, b) => a.port - b.port)
}

/** Addresses are in the machine's order of bytes, which is the little end first. */
function isLoopback(address: string): boolean {
  return /^[0-9A-F]{6}7F$/.test(address) || address === '00000000000000000000000001000000'
}
