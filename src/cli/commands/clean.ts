import { type Dirent, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errnoOf, TallymanError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { countOf, showBytes } from '../../quantities.ts'
import { isRunHeld, listRuns, type RunDirectory, Store, storeFolder } from '../../run/index.ts'
import { keptPacks, packFolder } from '../../spark/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { keptImages } from '../kept-images.ts'
import { findRun, runsFolder } from '../runs-folder.ts'
import { alignColumns } from '../tables.ts'
import type { Terminal } from '../terminal.ts'

export const clean: Command = {
  name: 'clean',
  operands: '[RUN…]',
  summary: 'shows what each run holds on disk, and frees the runs that are named',
  details: [
    'Without runs, --kept or --images nothing is freed. A run goes with its own result/; results that were written with -o stay. RUN is an id, the beginning of one, "last", or the path of a run.',
  ],
  example: 'tallyman clean 20261125-021524-hashtags',
  run: async (args, terminal) => {
    const folder = runsFolder(terminal)
    const named = distinct(args.positionals.map((name) => findRun(name, terminal)))
    for (const directory of named) refuseHeld(directory)
    let bytes = 0
    for (const directory of named) {
      bytes += bytesIn(directory.path)
      directory.remove()
    }
    if (args.has('kept')) {
      const kept = storeFolder(folder)
      bytes += new Store(kept).list().reduce((sum, entry) => sum + entry.bytes, 0)
      bytes += keptPacks(folder).bytes
      for (const place of [kept, packFolder(folder)]) rmSync(place, { recursive: true, force: true })
    }
    if (args.has('images')) {
      const images = await keptImages(true)
      await images.remove()
      bytes += images.bytes
    }
    const isAny = named.length > 0 || args.has('kept') || args.has('images')
    const ids = named.map(({ path }) => basename(path))
    if (isAny) sayFreed(terminal, { ids, bytes, json: args.has('json') })
    else await showHeld(terminal, folder, args.has('json'))
    return exitCodes.complete
  },
}

/** "last" may be the same run as the id beside it. */
function distinct(runs: readonly RunDirectory[]): RunDirectory[] {
  return [...new Map(runs.map((run) => [run.path, run])).values()]
}

function refuseHeld(directory: RunDirectory): void {
  if (isRunHeld(directory)) {
    throw new TallymanError('usage', `Run ${directory.path} is running; it is not removed.`, {
      wayOut: `Wait for it, or stop it first: tallyman stop ${basename(directory.path)}. Nothing was freed.`,
    })
  }
  if (!existsSync(directory.containersFile)) return
  // Without its note nobody would know the containers that are left of it.
  throw new TallymanError(
    'usage',
    `Run ${directory.path} may have left containers, and their engine has not said that they are gone; it is not removed.`,
    {
      wayOut:
        'Every command asks the engine again: see that it runs, and clean once more. Nothing was freed.',
    },
  )
}

function sayFreed(
  terminal: Terminal,
  { ids, bytes, json }: { readonly ids: readonly string[]; readonly bytes: number; readonly json: boolean },
): void {
  if (json) {
    terminal.out(JSON.stringify({ runs: ids.length, ids, bytes }))
    return
  }
  const of = ids.length === 0 ? '' : ` of ${countOf(ids.length, 'run')}: ${ids.map(printable).join(', ')}`
  terminal.out(`Freed ${showBytes(bytes)}${of}.`)
}

async function showHeld(terminal: Terminal, folder: string, json: boolean): Promise<void> {
  const runs = listRuns(folder).map((id) => ({ id, bytes: bytesIn(join(folder, id)) }))
  const kept = new Store(storeFolder(folder)).list()
  const packs = keptPacks(folder)
  const { images, bytes: imageBytes } = await keptImages(false)
  const keptBytes = kept.reduce((sum, { bytes }) => sum + bytes, 0)
  const tasks = kept.filter(({ kind }) => kind === 'task').length
  if (json) {
    for (const run of runs) terminal.out(JSON.stringify({ kind: 'run', ...run }))
    terminal.out(JSON.stringify({ kind: 'kept', entries: tasks, bytes: keptBytes }))
    terminal.out(JSON.stringify({ kind: 'archives', entries: packs.files, bytes: packs.bytes }))
    terminal.out(JSON.stringify({ kind: 'images', entries: images.length, bytes: imageBytes }))
    return
  }
  const rows = runs.map(({ id, bytes }) => [id, showBytes(bytes)])
  rows.push([`kept for later runs (${countOf(tasks, 'task')})`, showBytes(keptBytes)])
  if (packs.files > 0) rows.push([`archives for executors of Spark (${packs.files})`, showBytes(packs.bytes)])
  if (images.length > 0) rows.push([`images of containers (${images.length})`, showBytes(imageBytes)])
  for (const line of alignColumns(rows, { sides: ['left', 'right'] })) terminal.out(line)
  terminal.say(
    `In ${dirname(folder)}. "tallyman clean RUN…" frees runs, "tallyman clean --kept" what is kept${images.length > 0 ? ', "tallyman clean --images" images' : ''}.`,
  )
}

/**
 * Bytes of all files below a folder; a file with several names counts under each. Runs that are at work remove files and
 * folders meanwhile, which then hold nothing.
 */
function bytesIn(folder: string): number {
  let bytes = 0
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += bytesIn(path)
    else if (entry.isFile()) bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return []
  }
}
