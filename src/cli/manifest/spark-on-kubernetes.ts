import { containerOf, jobOf, pageOf, podOf } from './kubernetes.ts'
import type { Workload } from './workload.ts'
import { toYaml, type YamlValue } from './yaml.ts'

/** A run on Spark. */
export interface OnCluster {
  /** As `--on` takes it: `k8s://…`. */
  readonly master: string
  readonly executors: number
  /** Properties of Spark that were asked for, over those that are set here. */
  readonly conf: Readonly<Record<string, string>>
}

/** Where the driver listens for its executors: a Service has to name its ports. */
const driverPort = 7078
const blocksPort = 7079
/** The command, Spark's JVM and Python, which hold no data but what is brought through them. */
const driverBytes = 3 * 2 ** 30

/**
 * A Job of Kubernetes whose pod is the command and Spark's driver, and starts executors as pods of its own: with the account that it needs for that, and the
 * Service by which they reach it; and the page. Pure.
 */
export function sparkOnKubernetesFile(workload: Workload, { master, executors, conf }: OnCluster): string {
  const { name, image, command } = workload
  const account = `${name}-driver`
  const labels = { app: name, part: 'driver' }
  const told = { ...confOf(workload, executors), ...conf }
  const args = [
    ...command,
    ...['--on', master],
    ...Object.entries(told).flatMap(([property, value]) => ['--spark-conf', `${property}=${value}`]),
  ]
  const container = containerOf(workload, { name, image, args, memoryBytes: driverBytes, cpus: 1 })
  const job = jobOf(name, labels, {
    ...podOf(workload, true),
    // It starts pods, and only here: the page has no account.
    automountServiceAccountToken: true,
    serviceAccountName: account,
    containers: [
      {
        ...container,
        command: ['tallyman'],
        env: [...listOf(container.env), ...downward],
        ports: [{ containerPort: driverPort }, { containerPort: blocksPort }],
      },
    ],
  })
  const service: YamlValue = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: account },
    spec: {
      clusterIP: 'None',
      selector: labels,
      ports: [
        { name: 'driver', port: driverPort },
        { name: 'blocks', port: blocksPort },
      ],
    },
  }
  return [...accountOf(account), service, job, ...pageOf(workload)].map(toYaml).join('---\n')
}

/** What a pod knows of itself only once it is there. */
const downward: YamlValue[] = [
  ['POD_NAME', 'metadata.name'],
  ['POD_NAMESPACE', 'metadata.namespace'],
  ['POD_IP', 'status.podIP'],
].map(([name = '', fieldPath = '']) => ({ name, valueFrom: { fieldRef: { fieldPath } } }))

/** Properties of Spark; Kubernetes puts the pod's own variables in (`$(NAME)`). */
function confOf({ name, image, mounts }: Workload, executors: number): Record<string, string> {
  const conf: Record<string, string> = {
    'spark.kubernetes.namespace': '$(POD_NAMESPACE)',
    'spark.kubernetes.container.image': image,
    // Executors belong to this pod, and go with it.
    'spark.kubernetes.driver.pod.name': '$(POD_NAME)',
    'spark.driver.host': `${name}-driver.$(POD_NAMESPACE).svc`,
    'spark.driver.bindAddress': '$(POD_IP)',
    'spark.driver.port': String(driverPort),
    'spark.driver.blockManager.port': String(blocksPort),
    'spark.executor.instances': String(executors),
    'spark.executor.memory': '1g',
  }
  for (const [index, { path, isWritable }] of mounts.entries()) {
    const volume = `spark.kubernetes.executor.volumes.hostPath.place-${index}`
    conf[`${volume}.mount.path`] = path
    conf[`${volume}.mount.readOnly`] = String(!isWritable)
    conf[`${volume}.options.path`] = path
  }
  return conf
}

/** May start, watch and end pods of its namespace, with what Spark makes for them. */
function accountOf(account: string): YamlValue[] {
  const apiGroup = 'rbac.authorization.k8s.io'
  const metadata = { name: account }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'Role',
      metadata,
      rules: [
        {
          apiGroups: [''],
          resources: ['pods', 'configmaps', 'persistentvolumeclaims', 'services'],
          verbs: ['create', 'get', 'list', 'watch', 'update', 'patch', 'delete', 'deletecollection'],
        },
      ],
    },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata,
      subjects: [{ kind: 'ServiceAccount', name: account }],
      roleRef: { apiGroup, kind: 'Role', name: account },
    },
  ]
}

function listOf(value: YamlValue | undefined): readonly YamlValue[] {
  return Array.isArray(value) ? value : []
}
