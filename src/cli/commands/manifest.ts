import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { TallymanError } from '../../errors.ts'
import { mountsOf, readMachine, userPorts } from '../../host/index.ts'
import { isSecretProperty, mkdirIn, packageVersion, settleResources } from '../../run/index.ts'
import { checkMaster } from '../../spark/index.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { composeFile, swarmFile } from '../manifest/compose.ts'
import { kubernetesFile } from '../manifest/kubernetes.ts'
import { type OnCluster, sparkOnKubernetesFile } from '../manifest/spark-on-kubernetes.ts'
import { pagePort, type Workload } from '../manifest/workload.ts'
import { readRunOptions } from '../run-options.ts'
import { pageTokenFile, runsFolder } from '../runs-folder.ts'
import type { Terminal } from '../terminal.ts'

const kinds = { compose: composeFile, kubernetes: kubernetesFile, swarm: swarmFile } as const

export const manifest: Command = {
  name: 'manifest',
  operands: 'compose|kubernetes|swarm JOB INPUT…',
  summary: 'writes what starts a job and its page as containers elsewhere',
  details: [
    'Written to stdout: a compose file, a Job with a Deployment and a Service for the page, or a stack; each with the limits that the run has here, nothing that it may write to but its runs and its result, and no network for the job where the format can say so.',
    'With --on spark, Kubernetes alone: a Job that is the command and Spark’s driver, and starts executors as pods of its own, with the account that it needs for that. docs/spark.md says more.',
    'Files are there under the paths they have here. docs/containers.md says which is for what, and how the image is made.',
  ],
  example: 'tallyman manifest compose words.job.ts "texts/*.txt" -o words > compose.yaml',
  run: async (args, terminal) => {
    const [kind = '', ...rest] = args.positionals
    const write = Object.entries(kinds).find(([name]) => name === kind)?.[1]
    if (write === undefined) {
      throw new TallymanError(
        'usage',
        kind === '' ? 'Which kind of manifest?' : `There is no manifest of kind ${JSON.stringify(kind)}.`,
        {
          wayOut: `Say one of ${Object.keys(kinds).join(', ')}, and then the job and its inputs: tallyman manifest compose words.job.ts "texts/*.txt" -o words`,
        },
      )
    }
    const onCluster = onClusterOf(kind, args)
    const workload = await workloadOf(rest, args, terminal, onCluster)
    terminal.out(
      (onCluster === null ? write(workload) : sparkOnKubernetesFile(workload, onCluster)).trimEnd(),
    )
    const page = onCluster === null ? 'docs/containers.md' : 'docs/spark.md'
    terminal.say(`The image is ${workload.image}; ${page} says how it is made.`)
    terminal.say(`Next, with this as FILE: ${nextOf(kind, workload)}`)
    return exitCodes.complete
  },
}

/** What starts what was written. */
function nextOf(kind: string, { name, page }: Workload): string {
  if (kind === 'compose') return `docker compose -f FILE up; its page: docker compose -f FILE logs page`
  if (kind === 'swarm') return `docker stack deploy -c FILE ${name}`
  const onPage = `its page: kubectl port-forward service/${name}-page ${page.port}:${pagePort}`
  return `kubectl apply -f FILE; ${onPage}`
}

/** Options of a run that the job has in its container, as they were given. */
const kept = ['format', 'param', 'expect', 'accept', 'max-bad'] as const
/** Beside what the run counts: what the kernel counts for it, such as pages of files that it has just written. */
const memoryShareBeside = 0.15
/** A worker is about a dozen threads. */
const processesEach = 32
const pageBytes = 512 * 2 ** 20

/** Where pods find the cluster that they are in. */
const ownCluster = 'k8s://https://kubernetes.default.svc'
/** What one worker on an executor may hold where nothing was said, as in `run`. */
const executorBytes = 2 ** 30

/** These tell where a Secret of Kubernetes is, and nothing that is in it. */
const namesSecret = /^spark\.kubernetes\.(driver|executor)\.secret(s|KeyRef)\./

/** The run on Spark that was asked for; null for one on a single machine. */
function onClusterOf(kind: string, args: Arguments): OnCluster | null {
  const master = args.text('on')
  if (master === null) return null
  if (kind !== 'kubernetes' || (master !== 'spark' && !master.startsWith('k8s://')))
    throw new TallymanError('usage', `There is no manifest of kind ${kind} for a run on ${master}.`, {
      wayOut: 'Say `manifest kubernetes … --on spark`, or --on k8s://https://HOST:PORT for another cluster.',
    })
  if (master !== 'spark') checkMaster(master)
  const pairs = args.list('spark-conf').map((pair) => {
    const equals = pair.indexOf('=')
    return [pair.slice(0, equals), pair.slice(equals + 1)]
  })
  const secret = pairs.find(([name = '']) => isSecretProperty(name) && !namesSecret.test(name))
  if (secret !== undefined)
    throw new TallymanError(
      'usage',
      `Option --spark-conf sets ${secret[0]}, a secret, which a manifest would show to all who may read it.`,
      {
        wayOut:
          'Leave it out: make a Secret of Kubernetes and name it, for example with --spark-conf spark.kubernetes.executor.secretKeyRef.AWS_SECRET_ACCESS_KEY=SECRET:KEY.',
      },
    )
  return {
    master: master === 'spark' ? ownCluster : master,
    executors: args.count('workers') ?? 2,
    conf: Object.fromEntries(pairs),
  }
}

async function workloadOf(
  positionals: readonly string[],
  args: Arguments,
  terminal: Terminal,
  onCluster: OnCluster | null,
): Promise<Workload> {
  const { cwd } = terminal
  const { inputs, ...options } = readRunOptions(args.withPositionals(positionals), cwd)
  if (inputs.length === 0) {
    throw new TallymanError('usage', 'Which inputs? `tallyman manifest` needs a job file and inputs.', {
      wayOut: 'Name files, directories, or patterns in quotes.',
    })
  }
  const job = placeOf(options.job, cwd)
  const here = settleResources(options, readMachine())
  const workers = onCluster?.executors ?? here.workers
  // On Spark it is what each worker may hold.
  const memoryBytes = onCluster === null ? here.memory.totalBytes : (args.size('memory') ?? executorBytes)
  const home = dirname(runsFolder(terminal))
  const target = resolve(cwd, args.text('out') ?? 'result')
  // Whoever starts it need not have a token yet, and a folder that is mounted is there.
  const { readToken } = await import('../../web/index.ts')
  mkdirIn(join(home, 'runs'))
  readToken(pageTokenFile(join(home, 'runs')))
  const places = inputs.map((input) => resolve(cwd, input))
  const given = kept.flatMap((name) => args.list(name).map((value) => `--${name}=${value}`))
  return {
    name: nameOf(job),
    image:
      args.text('image') ?? `localhost/tallyman${onCluster === null ? '' : '-spark'}:${packageVersion()}`,
    command: [
      ...['run', job, ...places, '-o', target, '--workers', String(workers)],
      ...['--memory', `${Math.floor(memoryBytes / 2 ** 20)}M`, ...given],
    ],
    mounts: mountsOf([dirname(job), ...places.map(fixedPart)], [home, dirname(target)]).map(
      ({ path, isWritable }) => ({ path, isWritable }),
    ),
    user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    memoryBytes: Math.ceil(memoryBytes * (1 + memoryShareBeside)),
    cpus: workers,
    processesMax: (workers + 2) * processesEach,
    page: {
      command: ['serve', '--public', '--allow-host', 'localhost', '--port', String(pagePort)],
      home,
      port: args.count('port') ?? userPorts(process.getuid?.() ?? 0)[0] ?? pagePort,
      memoryBytes: pageBytes,
    },
  }
}

function placeOf(job: string, cwd: string): string {
  const path = resolve(cwd, job)
  if (existsSync(path)) return realpathSync(path)
  throw new TallymanError('not-found', `Job ${JSON.stringify(job)} does not exist.`, {
    wayOut: 'Name a job file; `tallyman new NAME` writes one.',
  })
}

/** Of a pattern, the folder in which it is looked for. */
function fixedPart(path: string): string {
  if (existsSync(path)) return path
  const above = dirname(path)
  return above === path ? path : fixedPart(above)
}

/** As a label of the domain name system is (RFC 1123). */
function nameOf(job: string): string {
  const stem = basename(job)
    .replace(/(\.job)?\.[cm]?[jt]s$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
  return stem === '' || stem === 'page' ? 'job' : stem
}
