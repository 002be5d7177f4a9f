import { existsSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { dirname } from 'node:path'
import { messageOf } from '../../errors.ts'
import {
  measureWriting,
  probeKernelLimits,
  readDiskSpace,
  readFileSystemType,
  readLimits,
  readMachine,
  roomForProcesses,
  spareSpace,
} from '../../host/index.ts'
import { showBytes, showCount } from '../../quantities.ts'
import { threadsUsual } from '../../run/index.ts'
import { asUser, broken, type Finding, fine, willHurt } from './finding.ts'

const memoryLeast = 512 * 2 ** 20
const memoryGood = 2 * 2 ** 30
const openFilesLeast = 256
const openFilesGood = 1024
const nodeLeast = [20, 19] as const
/** A disk that takes less a second is what a run that spills waits for. */
const writingGood = 50e6

/** What runs have on this machine: runtime, cores, memory, limits. */
export async function examineMachine(): Promise<Finding[]> {
  return [runtime(), cores(), memory(), processes(), openFiles(), ...(await kernelLimits())]
}

function runtime(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const what = `Node ${process.versions.node}, ${process.platform} ${process.arch}`
  if (major < nodeLeast[0] || (major === nodeLeast[0] && minor < nodeLeast[1]))
    return broken('runtime', `${what}; it takes ${nodeLeast.join('.')} or newer`, {
      wayOut: 'Install a newer Node: https://nodejs.org',
    })
  if (process.platform !== 'linux')
    return willHurt('runtime', what, 'where a run is to be held to limits, which needs Linux')
  return fine('runtime', what)
}

function cores(): Finding {
  const { cores: mine } = readMachine()
  const all = cpus().length
  const [load = 0] = loadavg()
  const bound = mine < availableParallelism() ? 'the quota of its control group' : 'affinity'
  const what = `${mine} may be used${all > mine ? ` of ${all}, by ${bound}` : ''}`
  return load > all * 1.5
    ? willHurt(
        'cores',
        `${what}; others keep ${load.toFixed(0)} busy just now`,
        'while they do: a run stands back for them',
      )
    : fine('cores', what)
}

function memory(): Finding {
  const { availableBytes } = readMachine()
  const what = `${showBytes(availableBytes)} available; a run takes 60 % unless --memory says otherwise`
  if (availableBytes < memoryLeast)
    return broken('memory', what, { wayOut: 'Free some, or ask who else takes it: top -o %MEM' })
  return availableBytes < memoryGood
    ? willHurt('memory', what, 'with many workers: say --workers 1, and large results are sorted on disk')
    : fine('memory', what)
}

function processes(): Finding {
  const { cores: mine } = readMachine()
  const { processes: room, boundBy } = roomForProcesses(threadsUsual)
  if (!Number.isFinite(room)) return fine('processes', 'no limit')
  const what = `room for ${showCount(room)} more workers; bound by ${boundBy?.of ?? 'nothing'}`
  const wayOut =
    'End what you do not need (ps -u $USER), raise the limit (ulimit -u), or ask who runs the machine.'
  if (room <= mine) return broken('processes', what, { wayOut, fixes: asUser('ulimit -u "$(ulimit -Hu)"') })
  return room < 4 * mine
    ? willHurt('processes', what, 'when several runs are at work at once', { wayOut })
    : fine('processes', what)
}

function openFiles(): Finding {
  const { openFilesMax } = readLimits()
  if (openFilesMax === null) return fine('open files', 'no limit')
  const what = `${showCount(openFilesMax)} for each process`
  const mending = { wayOut: 'Raise the limit in this shell.', fixes: asUser('ulimit -n "$(ulimit -Hn)"') }
  if (openFilesMax < openFilesLeast) return broken('open files', what, mending)
  return openFilesMax < openFilesGood
    ? willHurt('open files', what, 'when many spills are merged: it takes more rounds', mending)
    : fine('open files', what)
}

async function kernelLimits(): Promise<Finding[]> {
  const kernel = await probeKernelLimits()
  return (['processes', 'memory'] as const).map((what) => {
    const proof = kernel[what]
    const about = `kernel limit on ${what}`
    return proof.holds
      ? fine(about, 'holds here: tried out')
      : fine(about, `does not hold here, the watchdog does instead: ${proof.reason}`)
  })
}

/** Where runs are written. */
export async function examineDisk(folder: string): Promise<Finding[]> {
  const place = nearest(folder)
  const space = await readDiskSpace(place)
  return [diskSpace(space), await diskSpeed(place), fileSystem(place)]
}

/** The folder, or the nearest one above it that is there. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder))
}

function diskSpace(space: Awaited<ReturnType<typeof readDiskSpace>>): Finding {
  const spare = spareSpace(space)
  const what = `${showBytes(space.freeBytes)} free; a run may write ${showBytes(Math.max(0, spare.bytes))} of it`
  if (spare.bytes > 0 && spare.files > 0) return fine('disk space', what)
  return broken('disk space', spare.files > 0 ? what : `${what}, and no more files (df -i)`, {
    wayOut: 'Free some: `tallyman clean` lists what runs hold.',
    fixes: asUser('tallyman clean --kept'),
  })
}

async function diskSpeed(place: string): Promise<Finding> {
  try {
    const rate = await measureWriting(place)
    const what = `${place} takes ${showBytes(rate)} a second`
    return rate < writingGood
      ? willHurt('disk speed', what, 'when a run does not fit in memory: it waits for the disk', {
          wayOut: 'Name a faster one: TALLYMAN_HOME=/a/faster/disk',
        })
      : fine('disk speed', what)
  } catch (error) {
    return broken('disk speed', `${place} cannot be written to: ${messageOf(error)}`, {
      wayOut: 'Go to a folder of your own, or name one: TALLYMAN_HOME=~/tallyman',
    })
  }
}

/** File systems of other machines, and those that are memory. */
const remote = /^(nfs|cifs|smb|fuse\.|9p|afs|lustre|ceph|glusterfs|beegfs|gpfs)/
const inMemory = /^(tmpfs|ramfs)$/

function fileSystem(place: string): Finding {
  const type = readFileSystemType(place)
  if (type === null) return fine('file system', 'of a type that is not told')
  const wayOut = 'Name a local disk: TALLYMAN_HOME=/a/local/disk'
  if (remote.test(type))
    return willHurt(
      'file system',
      `${type}: the disk of another machine`,
      'when much is spilled, and when that machine is slow or gone',
      { wayOut },
    )
  return inMemory.test(type)
    ? willHurt(
        'file system',
        `${type}: memory, and gone after a restart`,
        'when runs are large, and after a restart',
        { wayOut },
      )
    : fine('file system', type)
}
