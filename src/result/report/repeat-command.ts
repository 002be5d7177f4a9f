import { acceptOption, shellWord } from '../../input/index.ts'
import { countOf } from '../../quantities.ts'
import type { Manifest } from '../manifest.ts'

/** So many files that the job read itself are named. */
const filesMax = 10

/** More inputs than this are named by their folder. */
const namedMax = 8

/** The command line that makes a result again. */
export function repeatCommand(manifest: Manifest): string {
  const { job, inputs, completeness, rejected, tableFormat } = manifest
  const given = Object.entries(job.params).filter(([name, value]) => {
    const param = job.description.params.find((one) => one.name === name)
    return value !== undefined && JSON.stringify(param?.default) !== JSON.stringify(value)
  })
  const { series } = completeness
  const isExpected = job.description.expect === null && series !== null
  return [
    'tallyman run',
    shellWord(job.path),
    ...placesOf(inputs.map(({ path }) => path)).map(shellWord),
    ...given.map(
      ([name, value]) =>
        `--param ${shellWord(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)}`,
    ),
    ...(isExpected ? [`--expect ${series.from}..${series.to}`] : []),
    ...completeness.accepted.flatMap((one) =>
      one.kind === 'input' ? [acceptOption(shortName(one.name))] : [],
    ),
    ...(rejected > 0 ? [`--max-bad ${rejected}`] : []),
    ...(tableFormat === 'jsonl' ? [] : [`--format ${tableFormat}`]),
    '-o RESULT',
  ].join(' ')
}

function shortName(name: string): string {
  const [path = '', ...member] = name.split('!')
  return [path.slice(path.lastIndexOf('/') + 1), ...member].join('!')
}

/** Files by their names, or by the folder that all of them are in. */
function placesOf(paths: readonly string[]): string[] {
  if (paths.length <= namedMax) return [...paths]
  const folders = [...new Set(paths.map((path) => path.slice(0, Math.max(0, path.lastIndexOf('/'))) || '.'))]
  return folders.length <= namedMax ? folders : [...folders.slice(0, namedMax), '…']
}

/** What has to be the same so that the command gives the same again, as a sentence. */
export function sayAgain({ surroundings, filesRead }: Manifest): string {
  const files = (filesRead ?? []).map(({ path }) => path)
  const more = files.length - filesMax
  const named = [...files.slice(0, filesMax), ...(more > 0 ? [countOf(more, 'more')] : [])].join(', ')
  return (
    `The same command over the same inputs, where time zone and language are ${surroundings}, gives the same digest, whatever the number of workers` +
    `${files.length === 0 ? '' : `, as long as what the job reads itself is as it was: ${named}`}.`
  )
}
