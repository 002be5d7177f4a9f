/** Which branches were run, kept from one call to the next for files that stay as they are, and said as a list. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Branch } from './mark-branches.ts'

/** The branches of one file, and the number of its first. */
export interface FileBranches {
  readonly path: string
  /** Of its text: with another one, its branches are others. */
  readonly digest: string
  readonly first: number
  readonly branches: readonly Branch[]
}

const keptSchema = z.record(z.string(), z.object({ digest: z.string(), marks: z.string() }))

/** What was run of each file, as it is written down between two calls. */
export type Kept = z.infer<typeof keptSchema>

export function parseKept(text: string): Kept {
  return keptSchema.parse(JSON.parse(text))
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** A byte for each branch of all files: 1 where it was run before, and the file is the same. */
export function marksFrom(files: readonly FileBranches[], kept: Kept): Uint8Array {
  const marks = new Uint8Array(files.reduce((all, { branches }) => all + branches.length, 0))
  for (const { path, digest, first } of files) {
    const before = kept[path]
    if (before?.digest === digest) marks.set([...before.marks].map(Number), first)
  }
  return marks
}

export function keptFrom(files: readonly FileBranches[], marks: Uint8Array): Kept {
  return Object.fromEntries(
    files.map(({ path, digest, first, branches }) => [
      path,
      { digest, marks: marks.subarray(first, first + branches.length).join('') },
    ]),
  )
}

/** A branch that nothing ran, and how many are in it, which nothing can have run. */
export interface NeverRun {
  readonly branch: Branch
  readonly inside: number
}

/** The branches of a file that nothing ran, without those in others of them. */
export function neverRun({ first, branches }: FileBranches, marks: Uint8Array): NeverRun[] {
  const isRun = (number: number) => marks[first + number] === 1
  const inside = new Map<number, number>()
  const outermost: number[] = []
  // What is around a branch stands before it.
  const roots = branches.map((): number | null => null)
  for (const [number, { within }] of branches.entries()) {
    const root = within === null ? null : (roots[within] ?? null)
    if (root !== null) {
      roots[number] = root
      inside.set(root, (inside.get(root) ?? 0) + 1)
    } else if (!isRun(number)) {
      roots[number] = number
      outermost.push(number)
    }
  }
  return outermost.flatMap((number) => {
    const branch = branches[number]
    return branch === undefined ? [] : [{ branch, inside: inside.get(number) ?? 0 }]
  })
}

const lineMax = 160

/** The list, and before it the sum of each room and of all. */
export function reportOf(files: readonly FileBranches[], marks: Uint8Array): string {
  const found = files.map((file) => ({ file, never: neverRun(file, marks) }))
  const rooms = [...new Set(files.map(({ path }) => roomOf(path)))]
  const sum = (name: string, of: typeof found) => {
    const all = of.reduce((sum, { file }) => sum + file.branches.length, 0)
    const run = of.reduce(
      (sum, { file }) =>
        sum + marks.subarray(file.first, file.first + file.branches.length).filter(Boolean).length,
      0,
    )
    const places = of.reduce((sum, { never }) => sum + never.length, 0)
    return `${name}: ${all} branches, ${all - run} never run, in ${places} places`
  }
  return [
    ...rooms.map((room) =>
      sum(
        room,
        found.filter(({ file }) => roomOf(file.path) === room),
      ),
    ),
    sum('all', found),
    ...found.filter(({ never }) => never.length > 0).flatMap(({ never }) => ['', ...never.map(lineOf)]),
    '',
  ].join('\n')
}

function roomOf(path: string): string {
  return path.split('/').slice(0, 2).join('/')
}

function lineOf({ branch: { path, line, kind, text }, inside }: NeverRun): string {
  const more = inside === 0 ? '' : ` (and ${inside} in it)`
  return `${path}:${line} ${kind}${more}: ${text}`.slice(0, lineMax)
}
