/** Who may stand where, and who may import whom. */
import ts from 'typescript'
import {
  isTest,
  lineOf,
  type Reference,
  referencesOf,
  type SourceFile,
  type Violation,
} from './source-file.ts'

/** The rooms from top to bottom; each may import from those before it. */
const order: readonly string[] = [
  'errors.ts',
  // Numbers and texts as people read them, for the terminal and for the page, whose code runs in a browser.
  'quantities.ts',
  'printable.ts',
  // Loads kernels, for the readers as for the tasks.
  'wasm.ts',
  'record',
  'job',
  'input',
  'flow',
  'host',
  'executor',
  'run',
  'result',
  // Stands outside of its room, so that the face can offer it without loading the room: each worker loads the face.
  'open-result.ts',
  'spark',
  'web',
  'cli',
]

/** The library's face: it stands outside the order and offers what the rooms' fronts offer. */
const face = 'src/index.ts'

/** Files outside of rooms that the face offers. */
const looseFiles: ReadonlySet<string> = new Set(['src/errors.ts', 'src/open-result.ts'])

const namesForNothing: ReadonlySet<string> = new Set([
  'utils',
  'util',
  'common',
  'shared',
  'helpers',
  'helper',
  'core',
])

/** `record` for `src/record/key.ts`, `errors.ts` for `src/errors.ts` and its test; null outside `src/`. */
function roomOf(path: string): string | null {
  const [top, room = ''] = path.split('/')
  if (top !== 'src') return null
  return /^(errors|quantities|printable|wasm)\.(test|test-d)\.ts$/.test(room)
    ? room.replace(/\..*/, '.ts')
    : room
}

/** A file that stands for itself above the rooms, and may be imported as it is. */
function isLoose(room: string): boolean {
  return room === 'errors.ts' || room === 'quantities.ts' || room === 'printable.ts' || room === 'wasm.ts'
}

function isFace(path: string): boolean {
  return /^src\/index\.(test\.|test-d\.)?ts$/.test(path)
}

/** A file stands in a known room, and neither it nor its folders are named for nothing. */
export function checkPlace(path: string): Violation[] {
  const violations: Violation[] = []
  const room = roomOf(path)
  if (room !== null && !order.includes(room) && !isFace(path)) {
    violations.push({
      path,
      line: 1,
      what: `stands in "${room}", which is no room.`,
      wayOut: `Move it into one of ${order.slice(1).join(', ')}; a new room needs a page in docs/decisions/ and a line in tools/rooms/law.ts.`,
    })
  }
  const empty = path
    .split('/')
    .map((part) => part.replace(/\..*$/, ''))
    .find((name) => namesForNothing.has(name))
  if (empty !== undefined) {
    violations.push({
      path,
      line: 1,
      what: `bears the name "${empty}", which says nothing about what it holds.`,
      wayOut: 'Name it for the one thing it is, with a noun of the field.',
    })
  }
  return violations
}

/** What is wrong with one import from the room `from`; null when the law allows it. */
function judge(
  file: SourceFile,
  from: string,
  { specifier, target }: Reference,
): Omit<Violation, 'path' | 'line'> | null {
  if (specifier === 'tallyman' || specifier.startsWith('tallyman/') || target === face) {
    return {
      what: `imports the library's face ("${specifier}"), which stands below every room.`,
      wayOut: `Import the rooms above ${from} through their index.ts; what tests the whole library stands in test/.`,
    }
  }
  if (target === null) return null
  const to = roomOf(target)
  if (to === null) {
    if (isTest(file.path)) return null
    return {
      what: `imports "${specifier}", outside src/.`,
      wayOut: 'Pass it in as a parameter, or move it into a room.',
    }
  }
  if (to === from || !order.includes(to)) return null
  if (order.indexOf(to) > order.indexOf(from)) {
    return {
      what: `imports "${specifier}": ${to} stands below ${from}, and a room imports only from rooms above it.`,
      wayOut: `Move what is needed into ${from} or a room above it, or let ${to} pass it in.`,
    }
  }
  // A test may reach for a neighbour's test data; everything else goes through the front door.
  const isFront = isLoose(to) || target === `src/${to}/index.ts` || (isTest(file.path) && !isTest(target))
  if (isFront) return null
  return {
    what: `imports "${specifier}", the inside of the room ${to}.`,
    wayOut: `Import it from ${to}/index.ts; if the index does not offer it, add it there by name.`,
  }
}

/** A file imports its own room's files and, through their index.ts, the rooms above. */
export function checkImports(file: SourceFile): Violation[] {
  if (isFace(file.path)) return checkFace(file)
  const from = roomOf(file.path)
  if (from === null || !order.includes(from)) return []
  return referencesOf(file).flatMap((reference) => {
    const breach = judge(file, from, reference)
    return breach === null ? [] : [{ path: file.path, line: reference.line, ...breach }]
  })
}

function checkFace(file: SourceFile): Violation[] {
  if (isTest(file.path)) return []
  return referencesOf(file).flatMap(({ target, specifier, line }) => {
    const room = target === null ? null : roomOf(target)
    const isFront = looseFiles.has(target ?? '') || (room !== null && target === `src/${room}/index.ts`)
    if (isFront) return []
    const what = `takes "${specifier}", which is no room's index.ts.`
    return [
      {
        path: file.path,
        line,
        what,
        wayOut: "The library's face offers only what a room's index.ts offers.",
      },
    ]
  })
}

/** An index.ts is a front door: named re-exports and nothing else. */
export function checkIndex(file: SourceFile): Violation[] {
  if (!file.path.endsWith('/index.ts')) return []
  return file.syntax.statements.flatMap((statement) => {
    const isReexport = ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined
    if (isReexport && statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause))
      return []
    const what = isReexport
      ? 'has an `export *`, which hides what the room offers.'
      : 'has a statement that is no re-export; an index.ts is a front door and nothing else.'
    const wayOut = isReexport
      ? 'Name every export: `export { compareKeys } from …`, `export type { Key } from …`.'
      : 'Move it into a file of the room and re-export it by name.'
    return [{ path: file.path, line: lineOf(file, statement), what, wayOut }]
  })
}

/** What `bin/` starts is the command line; its built file is `dist/cli/….js`. */
export function checkBin(file: SourceFile): Violation[] {
  return referencesOf(file).flatMap(({ target, specifier, line }) => {
    if (target === null || /^(dist|src)\/cli\//.test(target)) return []
    const wayOut = 'Let bin/ start dist/cli/ and nothing else; what it needs belongs in the room cli.'
    return [{ path: file.path, line, what: `imports "${specifier}", which is not the room cli.`, wayOut }]
  })
}
