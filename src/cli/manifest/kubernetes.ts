import { mebibytes, pagePort, pageProbe, type Workload } from './workload.ts'
import { toYaml, type YamlValue } from './yaml.ts'

/** A Job of Kubernetes for the run; a Deployment with its Service for the page. Pure. */
export function kubernetesFile(workload: Workload): string {
  const { name, image, command, memoryBytes, cpus } = workload
  const container = containerOf(workload, { name, image, args: command, memoryBytes, cpus })
  const job = jobOf(name, { app: name }, { ...podOf(workload, true), containers: [container] })
  return [job, ...pageOf(workload)].map(toYaml).join('---\n')
}

/** A Job with this pod, which is not started a second time. Pure. */
export function jobOf(
  name: string,
  labels: Readonly<Record<string, string>>,
  pod: { readonly [name: string]: YamlValue },
): YamlValue {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      // A second pod would begin from nothing: `tallyman resume` goes on from what was done.
      backoffLimit: 0,
      template: { metadata: { name, labels }, spec: { restartPolicy: 'Never', ...pod } },
    },
  }
}

/** The page over the runs. Pure. */
export function pageOf(workload: Workload): YamlValue[] {
  const { name, image, page } = workload
  const labels = { app: `${name}-page` }
  const deployment: YamlValue = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `${name}-page` },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { name: `${name}-page`, labels },
        spec: {
          ...podOf(workload, false),
          containers: [
            {
              ...containerOf(workload, {
                name: 'page',
                image,
                args: page.command,
                memoryBytes: page.memoryBytes,
                cpus: 1,
              }),
              // A cluster gives it no port of its node. Podman, which does, gives it one at the loopback address then.
              ports: [{ containerPort: pagePort, hostIP: '127.0.0.1' }],
              readinessProbe: { exec: { command: pageProbe }, periodSeconds: 10 },
            },
          ],
        },
      },
    },
  }
  const service: YamlValue = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-page` },
    spec: { selector: labels, ports: [{ port: pagePort, targetPort: pagePort }] },
  }
  return [deployment, service]
}

/** Places of this machine; on a cluster they are on every node, or a claim takes their place. */
export function podOf({ mounts, user }: Workload, mayWrite: boolean): { readonly [name: string]: YamlValue } {
  return {
    automountServiceAccountToken: false,
    securityContext: {
      runAsUser: user.uid,
      runAsGroup: user.gid,
      ...(user.uid === 0 ? {} : { runAsNonRoot: true }),
    },
    volumes: [
      ...mounts.map(({ path, isWritable }, index) => ({
        name: `place-${index}`,
        hostPath: { path, ...(isWritable && mayWrite ? { type: 'Directory' } : {}) },
      })),
      { name: 'scratch', emptyDir: {} },
    ],
  }
}

interface Part {
  readonly name: string
  readonly image: string
  readonly args: readonly string[]
  readonly memoryBytes: number
  readonly cpus: number
}

/**
 * A container of a pod of `podOf`: no capabilities, a root file system that is read-only, and limits that are what it asks for. Only the
 * container of the job, known by its name, may write into the places that can be written to. Pure.
 */
export function containerOf(
  { mounts, page, name: job }: Workload,
  { name, image, args, memoryBytes, cpus }: Part,
): { readonly [name: string]: YamlValue } {
  const memory = `${mebibytes(memoryBytes)}Mi`
  return {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    args,
    env: [{ name: 'TALLYMAN_HOME', value: page.home }],
    resources: { requests: { memory, cpu: String(cpus) }, limits: { memory, cpu: String(cpus) } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      ...mounts.map(({ path, isWritable }, index) => ({
        name: `place-${index}`,
        mountPath: path,
        readOnly: !(isWritable && name === job),
      })),
      { name: 'scratch', mountPath: '/tmp' },
    ],
  }
}
