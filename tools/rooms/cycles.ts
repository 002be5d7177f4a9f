/** Import cycles: files that cannot be understood, moved or loaded one without the other. */
import { type Reference, referencesOf, type SourceFile, type Violation } from './source-file.ts'

interface Edge {
  readonly from: string
  readonly to: string
  readonly line: number
}

function edgesOf(files: readonly SourceFile[]): Map<string, Edge[]> {
  const known = new Set(files.map(({ path }) => path))
  const isEdge = (reference: Reference): reference is Reference & { target: string } =>
    reference.target !== null && known.has(reference.target)
  return new Map(
    files.map((file) => [
      file.path,
      referencesOf(file)
        .filter(isEdge)
        .map(({ target, line }) => ({ from: file.path, to: target, line })),
    ]),
  )
}

/** The edges of a shortest way from `from` back to itself; undefined when there is none. */
function shortestCycle(graph: ReadonlyMap<string, Edge[]>, from: string): Edge[] | undefined {
  const seen = new Set<string>()
  let frontier: Edge[][] = [[]]
  while (frontier.length > 0) {
    const next: Edge[][] = []
    for (const way of frontier) {
      for (const edge of graph.get(way.at(-1)?.to ?? from) ?? []) {
        if (edge.to === from) return [...way, edge]
        if (seen.has(edge.to)) continue
        seen.add(edge.to)
        next.push([...way, edge])
      }
    }
    frontier = next
  }
  return undefined
}

/**
 * One violation for each cycle, reported at its first file by path; type imports count. Of the cycles through a file
 * only a shortest one is told, and files already told of are not told again.
 */
export function findCycles(files: readonly SourceFile[]): Violation[] {
  const graph = edgesOf(files)
  const told = new Set<string>()
  return [...graph.keys()].flatMap((path) => {
    if (told.has(path)) return []
    const cycle = shortestCycle(graph, path)
    const [first] = cycle ?? []
    if (cycle === undefined || first === undefined) return []
    for (const { from } of cycle) told.add(from)
    return [
      {
        path,
        line: first.line,
        what: `imports itself in a circle: ${[path, ...cycle.map(({ to }) => to)].join(' → ')}.`,
        wayOut:
          'Move what both need into a file of its own that imports neither. A type import is an import.',
      },
    ]
  })
}
