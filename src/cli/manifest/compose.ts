import { mebibytes, pagePort, type Workload } from './workload.ts'
import { toYaml, type YamlValue } from './yaml.ts'

/** What both services have: nothing that they do not need. */
const confined = {
  read_only: true,
  tmpfs: ['/tmp'],
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges'],
}

/**
 * The job is in one that no way leads out of: not all that read these files know of no network at all. The page says which one, too, since
 * some take the only one that is named.
 */
const networks = { closed: { internal: true }, open: {} }

/** A compose file (compose-spec): `docker compose` and podman-compose read it. Pure. */
export function composeFile(workload: Workload): string {
  const { name, image, command, mounts, user, memoryBytes, cpus, processesMax, page } = workload
  const owner = `${user.uid}:${user.gid}`
  return toYaml({
    services: {
      [name]: {
        image,
        command,
        user: owner,
        networks: ['closed'],
        ...confined,
        mem_limit: `${mebibytes(memoryBytes)}m`,
        cpus,
        pids_limit: processesMax,
        environment: { TALLYMAN_HOME: page.home },
        volumes: mounts.map(bind),
        healthcheck: { disable: true },
        restart: 'no',
      },
      page: {
        image,
        command: page.command,
        networks: ['open'],
        user: owner,
        ports: [`127.0.0.1:${page.port}:${pagePort}`],
        ...confined,
        mem_limit: `${mebibytes(page.memoryBytes)}m`,
        pids_limit: processesMax,
        environment: { TALLYMAN_HOME: page.home, PUBLISHED_PORT: String(page.port) },
        volumes: mounts.map((mount) => bind({ ...mount, isWritable: false })),
        restart: 'unless-stopped',
      },
    },
    networks,
  })
}

/** Every place once: what is written to is in the other list as well. */
function bind({ path, isWritable }: Workload['mounts'][number]): YamlValue {
  return { type: 'bind', source: path, target: path, read_only: !isWritable }
}

/**
 * A stack of Docker Swarm (compose file format 3.8): the job runs once, on the node whose files it reads. Pure.
 */
export function swarmFile(workload: Workload): string {
  const { name, image, command, mounts, user, memoryBytes, cpus, page } = workload
  const owner = `${user.uid}:${user.gid}`
  const here = { constraints: ['node.role == manager'] }
  const common = {
    image,
    user: owner,
    read_only: true,
    cap_drop: ['ALL'],
    environment: { TALLYMAN_HOME: page.home },
  }
  const scratch = { type: 'tmpfs', target: '/tmp' }
  return toYaml({
    version: '3.8',
    services: {
      [name]: {
        ...common,
        command,
        networks: ['closed'],
        volumes: [...mounts.map(bind), scratch],
        healthcheck: { disable: true },
        deploy: {
          mode: 'replicated-job',
          placement: here,
          resources: { limits: { cpus: String(cpus), memory: `${mebibytes(memoryBytes)}M` } },
          restart_policy: { condition: 'none' },
        },
      },
      page: {
        ...common,
        command: page.command,
        environment: { TALLYMAN_HOME: page.home, PUBLISHED_PORT: String(page.port) },
        networks: ['open'],
        ports: [{ target: pagePort, published: page.port, mode: 'host' }],
        volumes: [...mounts.map((mount) => bind({ ...mount, isWritable: false })), scratch],
        deploy: {
          placement: here,
          resources: { limits: { memory: `${mebibytes(page.memoryBytes)}M` } },
          restart_policy: { condition: 'any' },
        },
      },
    },
    networks,
  })
}
