import { execFile } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf, TallymanError } from '../errors.ts'

const ask = promisify(execFile)

/** An installation of Spark. */
export interface SparkHome {
  /** Absolute folder with `bin/spark-submit`. */
  readonly home: string
  /** For example `4.3.0`. */
  readonly version: string
  /** The Python that has it as a package; null for an installation that is none. */
  readonly python: string | null
}

/** The oldest that is tried. */
const sparkLeast = [3, 5] as const
const wayToSpark =
  'Install it with `pip install pyspark`, or name an installation: --spark-home DIR, or SPARK_HOME in the environment.'

/**
 * Finds Spark: `home`, `SPARK_HOME`, the `spark-submit` in PATH, or the pyspark of `PYSPARK_PYTHON`, `python3` or `python`, the first of them that
 * is there.
 *
 * @throws {TallymanError} `package-missing` where there is none, or one too old
 */
export async function findSpark(home: string | null, env: NodeJS.ProcessEnv): Promise<SparkHome> {
  const named = home ?? env.SPARK_HOME ?? ''
  if (named !== '') {
    const by = home === null ? 'SPARK_HOME' : '--spark-home'
    if (!existsSync(submitOf(named)))
      throw new TallymanError(
        'package-missing',
        `${by} names ${named}, where there is no bin/spark-submit.`,
        { wayOut: wayToSpark },
      )
    return checked(named, null)
  }
  const inPath = findInPath('spark-submit', env)
  // One that pip installed lies beside its Python, which is asked where the rest is.
  const beside = inPath === null ? null : join(dirname(inPath), 'python3')
  const asWhole = inPath === null ? null : dirname(dirname(realpathSync(inPath)))
  if (asWhole !== null && existsSync(join(asWhole, 'jars'))) return checked(asWhole, null)
  for (const python of [beside, env.PYSPARK_PYTHON ?? null, 'python3', 'python']) {
    const found = python === null || python === '' ? null : await homeOfPackage(python, env)
    if (found !== null && python !== null) return checked(found, python)
  }
  throw new TallymanError('package-missing', 'Apache Spark is not installed, or is not found.', {
    wayOut: wayToSpark,
  })
}

/** Where an installation has it; it need not be there. */
export function submitOf(home: string): string {
  return join(home, 'bin', 'spark-submit')
}

function findInPath(program: string, env: NodeJS.ProcessEnv): string | null {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file)) ?? null
}

async function homeOfPackage(python: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  // Found, not imported: that takes a second.
  const code =
    'import importlib.util as u, os; s = u.find_spec("pyspark"); print(os.path.dirname(s.origin) if s else "")'
  try {
    const { stdout } = await ask(python, ['-c', code], { env })
    const home = stdout.trim()
    return home !== '' && existsSync(submitOf(home)) ? home : null
  } catch {
    // There is no such Python: the next one is asked.
    return null
  }
}

function checked(home: string, python: string | null): SparkHome {
  const version = versionOf(home)
  if (version === null)
    throw new TallymanError('package-missing', `${home} has a spark-submit, and no jars of Spark.`, {
      wayOut: wayToSpark,
    })
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < sparkLeast[0] || (major === sparkLeast[0] && minor < sparkLeast[1]))
    throw new TallymanError(
      'package-missing',
      `${home} is Spark ${version}; tallyman takes ${sparkLeast.join('.')} or newer.`,
      { wayOut: wayToSpark },
    )
  return { home, version, python }
}

/** As the name of its main library says it; null where that is not there. */
function versionOf(home: string): string | null {
  const jars = join(home, 'jars')
  const names = existsSync(jars) ? readdirSync(jars) : []
  for (const name of names) {
    const version = /^spark-core_[\d.]+-(\d+\.\d+\.\d+\S*)\.jar$/.exec(name)?.[1]
    if (version !== undefined) return version
  }
  return null
}

/**
 * Checks that there is a Java that this Spark runs on. Cost: starts it once, about 0.1 s.
 *
 * @throws {TallymanError} `package-missing`
 */
export async function requireJava({ version }: SparkHome, env: NodeJS.ProcessEnv): Promise<void> {
  const least = version.startsWith('3.') ? 8 : 17
  const { JAVA_HOME = '' } = env
  const program = JAVA_HOME === '' ? 'java' : join(JAVA_HOME, 'bin', 'java')
  const install = `Java ${Math.max(least, 17)} (Debian and Ubuntu: apt install openjdk-17-jre-headless)`
  const wayOut =
    JAVA_HOME === ''
      ? `Install ${install}, or name the folder that has its bin/java in JAVA_HOME.`
      : `JAVA_HOME names ${JAVA_HOME}: have it name the folder of a ${install}, or unset it where the java in PATH is one.`
  let said: string
  try {
    const { stdout, stderr } = await ask(program, ['-version'], { env })
    said = `${stdout}${stderr}`
  } catch (cause) {
    throw new TallymanError(
      'package-missing',
      `Spark needs Java, and ${program} could not be started: ${messageOf(cause).split('\n')[0]}`,
      { wayOut, cause },
    )
  }
  const java = javaMajor(said)
  if (java === null || java >= least) return
  throw new TallymanError(
    'package-missing',
    `Spark ${version} needs Java ${least} or newer; ${program} is ${java}.`,
    { wayOut },
  )
}

/** `17` of `openjdk version "17.0.15"`, `8` of `java version "1.8.0_402"`; null where neither is said. */
export function javaMajor(said: string): number | null {
  const match = /version "(?:1\.)?(\d+)/.exec(said)
  return match === null ? null : Number(match[1])
}
