import { setTimeout as sleep } from 'node:timers/promises'
import { TallymanError } from '../../errors.ts'
import { Gate, type SshTrouble, whoListens } from '../../host/index.ts'
import { BrokenChain, Reached, type TunnelOrder } from './reach.ts'
import type { RemoteSite } from './remote.ts'

/** Who follows a tunnel. */
export interface TunnelWatcher {
  /** It leads to the page: the first time, and each time again. */
  onOpen(served: RemoteSite, localPort: number, isFirst: boolean): void
  /** It does not any more, for this reason; it is tried again. */
  onLost(trouble: SshTrouble): void
}

/** How often the other end is asked who it is. */
const checkEveryMs = 5000
/** Of such a time, so much more has passed where the laptop has slept. */
const sleptMs = 10_000
const againAfterMs = 500
const againAfterMsMax = 20_000

/**
 * Keeps a port of this computer leading to a page over there until `leave` is aborted: after sleep, after another network, after the page was
 * started again. It leads there only while the page has proven that it is the right one.
 *
 * @param localPort null: that of the page, or any
 * @throws {BrokenChain} where it cannot be opened, or is refused for good; {TallymanError} `usage` where the port is taken
 */
export async function keepTunnel(
  order: TunnelOrder,
  localPort: number | null,
  watcher: TunnelWatcher,
  leave: AbortSignal,
): Promise<void> {
  let reached: Reached | null = await Reached.open(order, leave)
  let gate: Gate | null = null
  try {
    gate = await openGate(localPort, reached.served.port)
    // What was found first is what is looked for from then on.
    const again = { ...order, port: reached.served.port }
    for (let isFirst = true; reached !== null; isFirst = false) {
      gate.lead(reached.upstream)
      watcher.onOpen(reached.served, gate.port, isFirst)
      const trouble = await untilLost(reached, leave)
      gate.lead(null)
      await reached.close()
      if (trouble === null) return
      if (!trouble.isPassing) throw new BrokenChain(trouble)
      watcher.onLost(trouble)
      reached = await reopen(again, leave)
    }
  } finally {
    await reached?.close()
    await gate?.close()
  }
}

async function openGate(localPort: number | null, wanted: number): Promise<Gate> {
  const gate = await Gate.open(localPort === null ? [wanted, 0] : [localPort])
  if (gate !== null) return gate
  const who = localPort === null ? null : whoListens(localPort)
  throw new TallymanError(
    'usage',
    `Port ${localPort} of this computer is taken${who === null ? '' : ` by ${who}`}.`,
    { wayOut: 'Leave --local-port out: then a free one is chosen.' },
  )
}

/** Null where it was left. */
async function untilLost(reached: Reached, leave: AbortSignal): Promise<SshTrouble | null> {
  for (;;) {
    const startMs = Date.now()
    await Promise.race([
      reached.ended,
      // It rejects where it is cut short, which is looked at below; so does the one further down.
      sleep(checkEveryMs, undefined, { signal: leave }).catch(() => undefined),
    ])
    if (leave.aborted) return null
    const hasSlept = Date.now() - startMs > checkEveryMs + sleptMs
    const trouble = await reached.check()
    if (leave.aborted) return null
    // A machine that is busy may be late once.
    if (trouble !== null && (hasSlept || (await reached.check()) !== null)) return trouble
  }
}

/** Tries until it is there again. Null where it was left. */
async function reopen(order: TunnelOrder, leave: AbortSignal): Promise<Reached | null> {
  for (let waitMs = againAfterMs; ; waitMs = Math.min(2 * waitMs, againAfterMsMax)) {
    await sleep(waitMs, undefined, { signal: leave }).catch(() => undefined)
    if (leave.aborted) return null
    try {
      return await Reached.open(order, leave)
    } catch (error) {
      if (leave.aborted) return null
      if (!(error instanceof BrokenChain && error.trouble.isPassing)) throw error
    }
  }
}
