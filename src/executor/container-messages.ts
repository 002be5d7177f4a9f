import { join } from 'node:path'
import { type InsideLimits, readLeftFile } from '../host/index.ts'

/** The first that a worker in a container says: who it is in there, and what it is held to. */
export interface ContainerHello {
  readonly type: 'hello'
  /** Its number inside. */
  readonly pid: number
  readonly limits: InsideLimits
  /** Version of the Node that is in there. */
  readonly node: string
}

/** Is it one? Checked, since what speaks first may be anything. */
export function isContainerHello(message: unknown): message is ContainerHello {
  if (typeof message !== 'object' || message === null) return false
  const { type, pid, limits } = message as Partial<Record<keyof ContainerHello, unknown>>
  return type === 'hello' && typeof pid === 'number' && typeof limits === 'object' && limits !== null
}

/** Where a container sees the folder with its line. */
export const lineFolder = '/run/tallyman'
/** The socket in it. */
export const lineName = 'line'
/** The file in it that is left when the worker has ended: its exit code, and how many processes the kernel ended for their memory. */
const endName = 'ended'

/**
 * What the first process of a container does: it starts the worker as the leader of a group of its own, waits for it, buries whatever else
 * ends, and notes how it ended; when it goes, the kernel ends all that is left. Arguments: umask, the worker's command.
 */
export const firstProgram = `
umask "$1"; shift
# What the shell says of a worker that was killed is none of its last words.
exec 3>&2 2>/dev/null
setsid "$@" 2>&3 3>&- &
wait $!
code=$?
kills=0
groups=/sys/fs/cgroup
for file in memory.events memory/memory.oom_control; do
  if [ -r $groups/$file ]; then
    while read -r name count; do if [ "$name" = oom_kill ]; then kills=$count; fi; done <$groups/$file
    break
  fi
done
echo "$code $kills" >${lineFolder}/${endName}
`

/** Two numbers, a space and a newline. */
const endBytesMax = 64

/** How the worker ended, as the first process noted it in `folder`; null where it could not. */
export function readEnd(folder: string): { readonly code: number; readonly memoryKills: number } | null {
  // There is none where it was ended with everything else.
  const bytes = readLeftFile(join(folder, endName), endBytesMax)
  const match = /^(\d+) (\d+)$/m.exec(bytes?.toString('latin1') ?? '')
  return match === null ? null : { code: Number(match[1]), memoryKills: Number(match[2]) }
}
