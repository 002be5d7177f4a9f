import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { allowsForwarding, findOnPath, isFreePort, userPorts, whoListens } from '../../host/index.ts'
import { asRoot, broken, type Finding, fine, willHurt } from './finding.ts'

/** How a laptop gets to a page here: the user's port, and ssh. */
export async function examineWaysIn(env: Readonly<Record<string, string | undefined>>): Promise<Finding[]> {
  return [await ownPort(), sshServer(env.SSH_CONNECTION), await sshClient(env.PATH ?? '')]
}

async function ownPort(): Promise<Finding> {
  const uid = process.getuid?.() ?? 0
  const ports = userPorts(uid)
  const [first = 0] = ports
  const rule =
    first === uid
      ? 'your user id'
      : `20,000 and the last four digits of your user id, ${uid}, which is no port you may have`
  const what = `${first}: ${rule}`
  const free = await findFree(ports)
  const holder = whoListens(first)
  if (free === first) return fine('own port', `${what}; free`)
  const taken = `${what}; taken${holder === null ? '' : ` by ${holder}`}`
  if (free === null)
    return broken('own port', `${taken}, as are all of its series: ${ports.join(', ')}`, {
      wayOut: 'End what listens there (ss -ltnp), or say another one: --port N',
    })
  return willHurt(
    'own port',
    taken,
    `where the number is known by heart: ${free} is what serve and up take now`,
  )
}

async function findFree(ports: readonly number[]): Promise<number | null> {
  for (const port of ports) if (await isFreePort(port)) return port
  return null
}

const usualPort = 22

/** Is systemd what starts things here? sd_booted(3). */
function isSystemd(): boolean {
  return existsSync('/run/systemd/system')
}

function sshServer(connection: string | undefined): Finding {
  const about = 'ssh server'
  const port = Number(connection?.split(' ')[3] ?? usualPort) || usualPort
  const isThere = connection !== undefined || whoListens(port) !== null
  if (!isThere)
    return willHurt(about, `none listens at port ${port}`, 'when a page here is to be seen from a laptop', {
      wayOut: 'On a machine that is not your own laptop, root starts one.',
      fixes: asRoot(
        ...(findOnPath('sshd') === null ? ['apt-get install -y openssh-server'] : []),
        isSystemd() ? 'systemctl enable --now ssh' : 'service ssh start',
      ),
    })
  if (allowsForwarding() === false)
    return willHurt(
      about,
      `one listens at port ${port}, and forwards no ports (AllowTcpForwarding, DisableForwarding)`,
      'when a page here is to be seen from a laptop',
      {
        wayOut: 'Root allows it in /etc/ssh/sshd_config: AllowTcpForwarding local.',
        fixes: asRoot(
          "echo 'AllowTcpForwarding local' >/etc/ssh/sshd_config.d/00-tallyman.conf",
          isSystemd() ? 'systemctl reload ssh' : 'service ssh reload',
        ),
      },
    )
  return fine(
    about,
    connection === undefined ? `one listens at port ${port}` : `you came by it, at port ${port}`,
  )
}

async function sshClient(path: string): Promise<Finding> {
  const about = 'ssh client'
  const mending = { wayOut: 'Root installs it.', fixes: asRoot('apt-get install -y openssh-client') }
  if (findOnPath('ssh', path) === null)
    return willHurt(about, 'not installed', 'with `tallyman tunnel`, typed here', mending)
  try {
    const { stderr } = await promisify(execFile)('ssh', ['-V'])
    return fine(about, stderr.trim().split(',')[0] ?? 'there')
  } catch (error) {
    return broken(
      about,
      `it does not start: ${error instanceof Error ? error.message.split('\n')[0] : 'it said nothing'}`,
      mending,
    )
  }
}
