import { type TallymanError, toFault } from '../../errors.ts'
import {
  type ContainerProof,
  copiesImages,
  type Engine,
  probeContainer,
  probePublishedPort,
  requireEngine,
  requireWorkerImage,
} from '../../host/index.ts'
import { showDuration } from '../../quantities.ts'
import {
  asRoot,
  asUser,
  broken,
  type Finding,
  type Fix,
  fine,
  lackOf,
  sentenceOf,
  willHurt,
} from './finding.ts'

const packages = 'podman runc uidmap slirp4netns netavark aardvark-dns iptables catatonit'

/** What mends an engine, as commands, by what is wrong with it. */
const mendings: readonly (readonly [what: RegExp, fixes: readonly Fix[]])[] = [
  [
    /podman is not installed; docker is not installed/,
    asRoot(`apt-get install -y --no-install-recommends ${packages}`),
  ],
  [/hybrid mode|crun does not run/, asRoot('apt-get install -y runc')],
  [/\/dev\/net\/tun/, asRoot('chmod 666 /dev/net/tun')],
  [
    /range of other ids/,
    [
      ...asRoot(
        'apt-get install -y uidmap',
        'usermod --add-subuids 200000-265535 --add-subgids 200000-265535 "$USER"',
      ),
      ...asUser('podman system migrate'),
    ],
  ],
  [
    /Cannot connect to the Docker daemon|daemon running/,
    [...asUser('unset DOCKER_HOST'), ...asRoot('systemctl start docker')],
  ],
  [/podman does not answer/, asUser('pkill -u "$(id -u)" -x podman', 'podman system migrate')],
  [/docker does not answer/, [...asUser('unset DOCKER_HOST'), ...asRoot('systemctl restart docker')]],
  [/no space left/i, asUser('tallyman clean --images')],
]

/** What `--isolation container` and `up` need: a container is run as theirs are, and tries to exceed its limits. */
export async function examineContainers(say: (message: string) => void): Promise<Finding[]> {
  let engine: Engine | null = null
  const lack = await lackOf(async () => {
    engine = await requireEngine()
  })
  if (engine === null) return [noEngine(lack)]
  return await examineEngine(engine, say)
}

function noEngine(lack: TallymanError | null): Finding {
  const what = lack === null ? 'none' : sentenceOf(lack)
  const isAbsent = /podman is not installed; docker is not installed/.test(what)
  const mending = { wayOut: lack?.wayOut, fixes: fixesOf(what) }
  return isAbsent
    ? willHurt('container engine', what, 'with --isolation container, and `tallyman up`', mending)
    : broken('container engine', what, mending)
}

async function examineEngine(engine: Engine, say: (message: string) => void): Promise<Finding[]> {
  const named = `${engine.kind} ${engine.version}, ${engine.isRootless ? 'rootless' : 'of root'}`
  try {
    const image = await requireWorkerImage(engine, say)
    const proof = await probeContainer(engine, image)
    return [
      fine('container engine', `${named}; a container was run, in ${showDuration(proof.ms)}`),
      limitsOf(proof),
      ...((await copiesImages(engine, image.name)) ? [copying] : []),
      await network(engine, () => probePublishedPort(engine, image)),
    ]
  } catch (error) {
    const { message, wayOut } = toFault(error)
    return [
      broken('container engine', `${named}: ${message.replace(/\.$/, '')}`, {
        wayOut,
        fixes: fixesOf(message),
      }),
    ]
  }
}

/** Asked when a container has been run: the first command of Podman chooses its driver for good. */
const copying = willHurt(
  'container images',
  'Podman copies the whole image for each container (storage driver vfs)',
  'each start of a container, by seconds, and the disk',
  {
    wayOut:
      'Say the other driver, and begin anew: that removes all images and containers of this user, and nobody else’s.',
    fixes: asUser(
      'mkdir -p ~/.config/containers',
      'printf \'[storage]\\ndriver = "overlay"\\n\' > ~/.config/containers/storage.conf',
      'podman system reset --force',
    ),
  },
)

function limitsOf({ limits, holdsMemory, holdsProcesses }: ContainerProof): Finding {
  const about = 'container limits'
  const cpus = limits.cpus === null ? 'cores are not limited' : 'cores are limited'
  if (holdsMemory && holdsProcesses)
    return fine(about, `memory and processes were exceeded, and held; ${cpus}`)
  const lacking = [...(holdsMemory ? [] : ['memory']), ...(holdsProcesses ? [] : ['processes'])].join(' and ')
  return willHurt(
    about,
    `the limit on ${lacking} was exceeded, and did not hold; ${cpus}`,
    'apps of `tallyman up` alone: workers are held by the watchdog instead',
    {
      wayOut:
        'Each process of an app is held to its memory instead. Beside control groups of version 2 the limits hold: root starts the machine with systemd.unified_cgroup_hierarchy=1.',
    },
  )
}

async function network(engine: Engine, probe: () => Promise<string | null>): Promise<Finding> {
  const about = 'container network'
  try {
    const trouble = await probe()
    if (trouble === null) return fine(about, 'a port of a container was reached at 127.0.0.1')
    return broken(about, trouble, {
      wayOut: `${engine.kind} run --rm -p 127.0.0.1:8080:8080 IMAGE shows what it says.`,
    })
  } catch (error) {
    const { message, wayOut } = toFault(error)
    return broken(about, message.replace(/\.$/, ''), { wayOut, fixes: fixesOf(message) })
  }
}

function fixesOf(what: string): readonly Fix[] {
  return mendings.find(([pattern]) => pattern.test(what))?.[1] ?? []
}
