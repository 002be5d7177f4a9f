import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { zoneAndLanguage } from '../executor/index.ts'
import { isAddress } from '../input/index.ts'
import { type Plan, type RunDirectory, type SparkOptions, workerBytesOf } from '../run/index.ts'
import { Application, builtFile, localName } from './application.ts'
import { configurationOf } from './configuration.ts'
import { findSpark } from './find-spark.ts'
import { isLocalMaster } from './master.ts'
import type { MapOrder, TaskSettings } from './messages.ts'
import { makePack, packFolder } from './pack.ts'

/** After so long without a sign of the run its application ends; a machine that sleeps, or Ctrl-Z, may keep it from giving one for a while. */
const silentSeconds = 600

/** What an application of a run is started for. */
export interface LaunchParts {
  readonly id: string
  readonly directory: RunDirectory
  readonly plan: Plan
  readonly spark: SparkOptions
  /** The directory the inputs were planned in. */
  readonly cwd: string
  readonly orders: readonly MapOrder[]
}

/** Folder in a run's directory for the folders of its applications, of which there is one at a time. */
export function sparkFolder(directory: RunDirectory): string {
  return directory.absolute('spark')
}

/** What all applications of the run have printed, one after another. */
export function sparkLog(directory: RunDirectory): string {
  return directory.logFile('spark')
}

/**
 * Starts Spark for a run whose tasks are all to be done.
 *
 * @throws {TallymanError} `package-missing` where there is no Spark
 */
export async function startApplication(parts: LaunchParts): Promise<Application> {
  const { id, directory, plan, spark } = parts
  const { home, python } = await findSpark(spark.home, process.env)
  const isLocal = isLocalMaster(spark.master)
  // On this machine alone everything is in its place already.
  const ships = !isLocal || spark.pack !== null
  const pack = ships
    ? (spark.pack ??
      (await makePack({
        folder: packFolder(dirname(directory.path)),
        jobFolder: directory.jobFolder,
        codeSha256: plan.job.codeSha256,
      })))
    : null
  // What an earlier one left. Its driver, should a cluster still have it, finds its folder gone and ends.
  rmSync(sparkFolder(directory), { recursive: true, force: true })
  const application = randomBytes(4).toString('hex')
  const folder = join(sparkFolder(directory), application)
  Application.prepare(folder)
  const probe = { name: join('spark', application, 'probe'), text: randomBytes(16).toString('hex') }
  writeFileSync(directory.absolute(probe.name), probe.text)
  const { master, conf, secretConf } = configurationOf(spark, plan, {
    id,
    eventsFolder: join(folder, 'events'),
    localFolder: join(folder, localName),
    environment: zoneAndLanguage(),
  })
  const settings = {
    application,
    conf: secretConf,
    task: taskSettings(parts, isLocal),
    node: process.execPath,
    entry: builtFile('task-process-main.js'),
    pack: ships ? 'tallyman' : null,
    partitions: plan.partitions,
    ranges: plan.discovery.files.some(({ path }) => isAddress(path)),
    run: directory.path,
    probe,
    silentSeconds,
  }
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings), { mode: 0o600 })
  const orders = parts.orders.map((order) => `${JSON.stringify(order)}\n`)
  writeFileSync(join(folder, 'map-orders.jsonl'), orders.join(''))
  mkdirSync(directory.attemptsFolder, { recursive: true })
  return Application.start({
    home,
    folder,
    logFile: sparkLog(directory),
    master,
    deployMode: spark.deployMode,
    conf,
    pack,
    env: environmentOf(home, python, isLocal),
  })
}

function taskSettings({ directory, plan, cwd }: LaunchParts, isLocal: boolean): TaskSettings {
  return {
    bundleFile: directory.bundleFile,
    jobName: plan.job.path,
    params: plan.job.typedParams,
    resolved: { params: plan.job.params, encodedParams: plan.job.encodedParams },
    cwd,
    heapBytes: plan.memory.workerHeapBytes,
    memoryBytes: workerBytesOf(plan),
    taskTimeoutMs: plan.taskTimeoutMs,
    isPolite: isLocal && plan.isPolite,
  }
}

/** The Python that has Spark as a package runs the driver, and in local mode all else. */
function environmentOf(home: string, python: string | null, isLocal: boolean): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, SPARK_HOME: home }
  if (python !== null && env.PYSPARK_DRIVER_PYTHON === undefined) {
    env.PYSPARK_DRIVER_PYTHON = python
    if (isLocal) env.PYSPARK_PYTHON ??= python
  }
  if (isLocal) env.SPARK_LOCAL_IP ??= '127.0.0.1'
  return env
}
