/** Where Spark's master is, as `--master` says it. */
import { createConnection } from 'node:net'
import { messageOf, TallymanError } from '../errors.ts'

const localForm = /^local(?:\[(\*|\d+)(?:\s*,\s*\d+)?\])?$/
/** One process a worker, for tests of Spark's own: threads of none. */
const localClusterForm = /^local-cluster\[\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\]$/
/** Several are masters of which one is at work. Java takes no other letters in the name of a host, `_` for one. */
const standaloneForm = /^spark:\/\/(?<all>(?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}(?:,(?!$)|$))+)$/
const kubernetesForm =
  /^k8s:\/\/(?:https?:\/\/)?(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\/\S*)?$/
/** Spark 3.5 has it. */
const mesosForm = /^mesos:\/\/\S+$/

/** One that drops what is sent to it would keep a run waiting for a minute. */
const answerMsMax = 10_000

const forms =
  'Say \'local[2]\' or \'local[*]\' for threads here, spark://HOST:PORT for a standalone cluster (its page shows the address; letters, digits, "-" and "." in HOST), yarn, or k8s://https://HOST:PORT.'

/** Whether all of the application is on this machine. */
export function isLocalMaster(master: string): boolean {
  return master.startsWith('local')
}

/** How many threads a master has that is a process of this machine alone; null for any other master. */
export function localThreads(master: string, cores: number): number | null {
  const match = localForm.exec(master)
  if (match === null) return null
  if (match[1] === undefined) return 1
  return match[1] === '*' ? cores : Math.max(1, Number(match[1]))
}

/** The master with the number of attempts a task has, which a local one is told in its name: it tries once otherwise. */
export function withAttempts(master: string, attempts: number): string {
  if (master === 'local') return `local[1,${attempts}]`
  return master.replace(/^local\[(\*|\d+)\]$/, `local[$1,${attempts}]`)
}

/**
 * Checks that Spark takes this for a master: it finds out itself only when inputs are planned and its JVM is up.
 *
 * @throws {TallymanError} `usage`
 */
export function checkMaster(master: string): void {
  const isOne =
    (localForm.test(master) && !/\[0+\D/.test(master)) ||
    localClusterForm.test(master) ||
    (addressesOf(master)?.every(({ port }) => port > 0 && port < 2 ** 16) ?? false) ||
    master === 'yarn' ||
    kubernetesForm.test(master) ||
    mesosForm.test(master)
  if (!isOne)
    throw new TallymanError(
      'usage',
      `Option --on is ${JSON.stringify(master)}: that is no master of Spark's.`,
      {
        wayOut: forms,
      },
    )
}

/**
 * Checks that somebody listens where a standalone master is to be: Spark tries for a minute. Others are asked by Spark alone, by ways of their own, such as a proxy.
 *
 * @throws {TallymanError} `io` where nobody does
 */
export async function requireMaster(master: string): Promise<void> {
  const addresses = addressesOf(master) ?? []
  if (addresses.length === 0) return
  try {
    await Promise.any(addresses.map(connect))
  } catch (error) {
    const reasons = error instanceof AggregateError ? error.errors.map(messageOf) : [messageOf(error)]
    throw new TallymanError('io', `No master of Spark's listens at ${master}: ${reasons.join('; ')}.`, {
      wayOut:
        'Is it started, and does this machine reach it? It listens at the very address that its page and its log show as spark://HOST:PORT.',
      cause: error,
    })
  }
}

/** Of the masters of a standalone cluster; null for what is none. */
function addressesOf(master: string): { readonly host: string; readonly port: number }[] | null {
  const all = standaloneForm.exec(master)?.groups?.all
  return (
    all?.split(',').map((one) => {
      const colon = one.lastIndexOf(':')
      return { host: one.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(one.slice(colon + 1)) }
    }) ?? null
  )
}

/** Settles once somebody there has taken the connection, which is ended then. */
function connect({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, timeout: answerMsMax })
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('timeout', () =>
      socket.destroy(new Error(`${host}:${port} has not answered in ${answerMsMax / 1000} s`)),
    )
    socket.once('error', reject)
  })
}
