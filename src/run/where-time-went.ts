import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { packageRoot } from './package.ts'

/** A node of the call tree, as V8 writes it into a CPU profile. */
interface ProfileNode {
  readonly id: number
  readonly callFrame: {
    readonly functionName: string
    readonly url: string
    /** From 0. */
    readonly lineNumber: number
    readonly columnNumber: number
  }
  readonly children?: readonly number[]
}

/** What is looked at of a CPU profile; the Chrome DevTools Protocol describes all of it. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  /** Ids of the nodes that were seen, and microseconds from each sample to the next one. */
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Where a function stands in the source it was built from. */
export interface SourcePlace {
  readonly file: string
  /** From 1. */
  readonly line: number
}

/** Most of all: programs are loaded, and V8 and the system do their work. */
const rest = 'starting, and the rest'

/** What some of the time was spent on. */
export interface TimePart {
  readonly what: string
  readonly ms: number
}

/**
 * What the time of an attempt was spent on, most first: functions of the job by name and line, with what they call of JavaScript and Node in them;
 * and what tallyman does before, between and after. Pure.
 *
 * @param locate where a function of the job or of tallyman is in its source; null for any other, whose time is its caller's
 */
export function timeParts(
  profile: CpuProfile,
  locate: (frame: ProfileNode['callFrame']) => SourcePlace | null,
): TimePart[] {
  const parents = new Map<number, ProfileNode>()
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node)
  const what = new Map<number, string | null>()
  const whatOf = (node: ProfileNode | undefined): string | null => {
    if (node === undefined) return rest
    const known = what.get(node.id)
    if (known !== undefined) return known
    const part = partOf(node.callFrame, locate) ?? whatOf(parents.get(node.id))
    what.set(node.id, part)
    return part
  }
  for (const node of profile.nodes) if (node.callFrame.functionName === '(idle)') what.set(node.id, null)
  const byId = new Map(profile.nodes.map((node) => [node.id, node]))
  const sums = new Map<string, number>()
  for (const [index, id] of profile.samples.entries()) {
    const part = whatOf(byId.get(id))
    if (part !== null) sums.set(part, (sums.get(part) ?? 0) + (profile.timeDeltas[index] ?? 0) / 1000)
  }
  return [...sums].map(([part, ms]) => ({ what: part, ms })).sort((a, b) => b.ms - a.ms)
}

/** Null for what counts for its caller. */
function partOf(
  frame: ProfileNode['callFrame'],
  locate: (frame: ProfileNode['callFrame']) => SourcePlace | null,
): string | null {
  if (frame.functionName === '(garbage collector)') return 'collecting garbage'
  const place = locate(frame)
  if (place === null) return null
  const source = place.file.startsWith('src/') ? place.file.slice('src/'.length) : null
  if (source === null) return `${frame.functionName || 'a function'} (${basename(place.file)}:${place.line})`
  // What encodes keys and values counts for whom it does so.
  if (source.startsWith('record/')) return null
  if (source.startsWith('input/scan/')) return 'scanning lines, and fields that the map reads'
  if (/^input\/decode\/(jsonl|json|long-integers)\./.test(source)) return 'decoding whole records'
  if (source.startsWith('input/')) return 'reading, inflating and cutting lines'
  // What that does by itself is next to nothing; V8 now and then takes what it has compiled into it for its own.
  if (source === 'flow/map-task.ts') return 'the map, as far as V8 has compiled it into the loop around it'
  if (/^(flow|job)\//.test(source)) return 'taking emits, combining, sorting and writing'
  return rest
}

/**
 * The same of a profile in a file.
 *
 * @param bundleFile the job as it was run, whose source map lies beside it
 */
export function whereTimeWent(file: string, bundleFile: string): TimePart[] {
  // Modules are named by where they really are, whatever links lead there.
  const bundle = pathToFileURL(realpathSync(bundleFile)).href
  const own = `${pathToFileURL(realpathSync(packageRoot)).href}/dist/`
  const maps = new Map<string, SourceMap | null>()
  return timeParts(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile, (frame) => {
    const { url, lineNumber, columnNumber } = frame
    if (url !== bundle && !url.startsWith(own)) return null
    let map = maps.get(url)
    if (map === undefined) {
      map = readMap(`${fileURLToPath(url)}.map`)
      maps.set(url, map)
    }
    const entry = map?.findEntry(lineNumber, columnNumber)
    if (entry === undefined || !('originalSource' in entry)) return { file: 'src/', line: 1 }
    const { originalSource, originalLine } = entry
    if (url === bundle) return { file: originalSource, line: originalLine + 1 }
    return { file: /(?:^|\/)(src\/.*)$/.exec(originalSource)?.[1] ?? 'src/', line: originalLine + 1 }
  })
}

function readMap(file: string): SourceMap | null {
  return existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : null
}
