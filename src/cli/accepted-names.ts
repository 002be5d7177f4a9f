import { basename } from 'node:path'
import { TallymanError } from '../errors.ts'
import { acceptOption, inputName, matchesAccepted } from '../input/index.ts'
import { dayOf, nearestName } from '../job/index.ts'
import { nameToAccept, type RunState, totalsOf } from '../run/index.ts'

/** More names than this are counted: nobody reads on to find the one that was meant. */
const namesShownMax = 5
const membersShownMax = 3

/**
 * Refuses a name that accepts nothing: one that was misspelt would be noticed only when the run is refused in the end. A
 * name of an input that seems whole is taken, since it may turn out damaged as it is read.
 *
 * @param names as they were given with `--accept`
 * @throws {TallymanError} `usage` for the first that is the name of no input, member or missing day
 */
export function checkAccepted(names: readonly string[], state: RunState): void {
  const unknown = names.find((name) => !isKnown(name, state))
  if (unknown === undefined) return
  const pattern = /[*?{[]/.test(unknown) ? ' It takes names as they are, no patterns.' : ''
  throw new TallymanError(
    'usage',
    `Option --accept is ${JSON.stringify(unknown)}; no input, member or missing day has that name.${pattern}`,
    { wayOut: sayMembers(unknown, state) ?? sayLacking(unknown, lackingNames(state)) },
  )
}

/**
 * Notes on the names that were accepted and that nothing was lacking for, once every map task is done: whoever gave one expects that it does
 * something.
 */
export function notesOfAccepted(state: RunState): string[] {
  const { plan, shortfalls } = state
  const lacking = shortfalls.flatMap((one) => (one.kind === 'input' ? [placeOf(one.name, state)] : []))
  const idle = plan.accept.filter((name) => !lacking.some((place) => matchesAccepted(place, [name])))
  const rejected =
    totalsOf(state).rejected === 0
      ? ''
      : ' What it does not accept is rejected records: --max-bad tolerates these.'
  return idle.map(
    (name) => `${acceptOption(name)} changed nothing: what has that name was read to its end.${rejected}`,
  )
}

/** The place that a shortfall is named after. */
function placeOf(
  name: string,
  { plan }: RunState,
): { readonly path: string; readonly member: string | null } {
  const archive = plan.discovery.files.find(({ path }) => name.startsWith(inputName(path, '')))
  if (archive === undefined) return { path: name, member: null }
  return { path: archive.path, member: name.slice(inputName(archive.path, '').length) }
}

/** Members that this may be meant for; null for none. A name that many archives have a member of says too little. */
function sayMembers(unknown: string, { plan }: RunState): string | null {
  const meant = plan.discovery.files.flatMap(({ path, members }) =>
    members
      .filter(({ name }) => name === unknown || name.endsWith(`/${unknown}`))
      .map(({ name }) => inputName(basename(path), name)),
  )
  if (meant.length === 0) return null
  const more = meant.length > membersShownMax ? ` and ${meant.length - membersShownMax} more` : ''
  return `A member is named with its archive: ${meant.slice(0, membersShownMax).map(acceptOption).join(' ')}${more}.`
}

function isKnown(name: string, state: RunState): boolean {
  const { plan, shortfalls } = state
  const { problems, files, series } = plan.discovery
  const isNamed = (place: { readonly path: string; readonly member: string | null }): boolean =>
    matchesAccepted(place, [name])
  return (
    name === series?.pattern ||
    problems.some(isNamed) ||
    // Among them files that the job reads itself.
    shortfalls.some((one) => one.kind === 'input' && isNamed(placeOf(one.name, state))) ||
    files.some(
      ({ path, members }) =>
        dayOf(path) === name ||
        isNamed({ path, member: null }) ||
        members.some((member) => isNamed({ path, member: member.name })),
    )
  )
}

/** What is known to be lacking: of a run that was refused all of it, else what planning found. */
function lackingNames(state: RunState): string[] {
  const { plan, shortfalls } = state
  if (shortfalls.length === 0)
    return plan.discovery.problems.map(({ path, member }) => inputName(basename(path), member))
  const names = shortfalls.flatMap((one) =>
    one.kind === 'input' && !one.accepted ? [nameToAccept(one.name, state)] : [],
  )
  return [...new Set(names)]
}

function sayLacking(unknown: string, names: readonly string[]): string {
  if (names.length === 0) return 'Nothing is known to be lacking: leave the option out.'
  const near = nearestName(unknown, names)
  if (near !== null) return `Did you mean ${acceptOption(near)}?`
  const more = names.length > namesShownMax ? ` and ${names.length - namesShownMax} more` : ''
  return `What is lacking: ${names.slice(0, namesShownMax).map(acceptOption).join(' ')}${more}.`
}
