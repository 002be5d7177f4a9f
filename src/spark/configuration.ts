import { isSecretProperty, type Plan, type SparkOptions, workerBytesOf } from '../run/index.ts'
import { addressOf } from './file-address.ts'
import { isLocalMaster, withAttempts } from './master.ts'

/** What one worker holds beside its heap and its tables: the process that looks after it, and Python. */
const besideWorkerBytes = 200 * 2 ** 20

/**
 * Java moves bytes here and computes nothing: to have it compile its code a second time, better, takes several seconds of a core in each JVM, which no
 * run gets back.
 */
const compileOnce = '-XX:TieredStopAtLevel=1'

/** What of the plan Spark is told. */
type Told = Pick<Plan, 'attemptsMax' | 'speculates' | 'workers' | 'memory'>

/** Those for which Spark makes a secret of its own, and tells it to nobody else's processes. */
const makesSecret = /^(local|yarn|k8s:)/

/** How Spark is set up for a run. */
export interface SparkConfiguration {
  readonly master: string
  /** For the command line, where everybody on the machine can read it. */
  readonly conf: Readonly<Record<string, string>>
  /** For the driver's eyes. */
  readonly secretConf: Readonly<Record<string, string>>
}

/** How Spark is set up for a run: its master, and its properties, those of the user over ours. Pure. */
export function configurationOf(
  { master, conf: asked }: SparkOptions,
  plan: Told,
  run: {
    readonly id: string
    readonly eventsFolder: string
    readonly localFolder: string
    /** Variables for the workers of other machines. */
    readonly environment: Readonly<Record<string, string>>
  },
): SparkConfiguration {
  const isLocal = isLocalMaster(master)
  const coresEach = Number(asked['spark.executor.cores'] ?? 1)
  const overheadMiB = Math.ceil(((workerBytesOf(plan) + besideWorkerBytes) * coresEach) / 2 ** 20)
  const conf: Record<string, string> = {
    'spark.app.name': `tallyman ${run.id}`,
    'spark.task.maxFailures': String(plan.attemptsMax),
    'spark.speculation': String(plan.speculates && !isLocal),
    // Spark does not count what Python and Node hold as the executor's own.
    'spark.executor.memoryOverhead': `${overheadMiB}m`,
    // Where memory runs out in one of its threads Spark would go on without that, and wait for ever.
    'spark.driver.extraJavaOptions': `${compileOnce} -XX:+ExitOnOutOfMemoryError`,
    'spark.executor.extraJavaOptions': compileOnce,
    // It would listen on all addresses, for everybody.
    'spark.ui.enabled': 'false',
    // A map task would open a file and a serializer for each partition, up to 200 of them.
    'spark.shuffle.sort.bypassMergeThreshold': '0',
    'spark.ui.showConsoleProgress': 'false',
    'spark.log.level': 'WARN',
    'spark.eventLog.enabled': 'true',
    'spark.eventLog.dir': addressOf(run.eventsFolder),
    'spark.eventLog.compress': 'false',
    'spark.eventLog.rolling.enabled': 'false',
    // What is in its buffer is not seen yet.
    'spark.eventLog.buffer.kb': '1k',
    ...(isLocal ? { 'spark.driver.host': '127.0.0.1', 'spark.driver.bindAddress': '127.0.0.1' } : {}),
    // What it holds on this machine's disk goes with the run's directory, whoever is killed. It would cut the path at commas.
    ...(isLocal && !run.localFolder.includes(',') ? { 'spark.local.dir': run.localFolder } : {}),
    // A driver that is started again would go on with the folder of the first.
    ...(master === 'yarn' ? { 'spark.yarn.maxAppAttempts': '1' } : {}),
    // Whoever else is on these machines could take part otherwise.
    ...(makesSecret.test(master) ? { 'spark.authenticate': 'true' } : {}),
    ...Object.fromEntries(
      Object.entries(run.environment).map(([name, value]) => [`spark.executorEnv.${name}`, value]),
    ),
    ...asked,
  }
  const [secret, open] = [true, false].map((wanted) =>
    Object.fromEntries(Object.entries(conf).filter(([name]) => isSecretProperty(name) === wanted)),
  )
  return { master: withAttempts(master, plan.attemptsMax), conf: open ?? {}, secretConf: secret ?? {} }
}
