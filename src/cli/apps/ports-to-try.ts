import { TallymanError } from '../../errors.ts'
import { isForRoot, userPorts, whoListens } from '../../host/index.ts'

/**
 * The ports at which something of the user's is served, best first: the one that was asked for and no other, or the user's own.
 *
 * @throws {TallymanError} `usage` for one that this user may not have
 */
export async function portsToTry(asked: number | null): Promise<readonly number[]> {
  await refuseReserved(asked)
  return asked === null ? userPorts(process.getuid?.() ?? 0) : [asked]
}

/** Refuses a port that was asked for and is not the user's to have. */
async function refuseReserved(port: number | null): Promise<void> {
  if (port === null || !(await isForRoot(port))) return
  throw new TallymanError('usage', `Port ${port} is for root alone, as those below 1024 are.`, {
    wayOut: 'Say one from 1024 on, or leave --port out: then it is your own.',
  })
}

/** Says of one port who has it; of several that none is free. */
export function portsTaken(ports: readonly number[], holderOf = whoListens): TallymanError {
  const [port] = ports
  const who = ports.length === 1 && port !== undefined ? holderOf(port) : null
  const message =
    ports.length === 1
      ? `Port ${port} is taken${who === null ? '' : ` by ${who}`}.`
      : `No port is free of those tried: ${ports.join(', ')}.`
  return new TallymanError('usage', message, { wayOut: 'Say another one: --port N.' })
}
