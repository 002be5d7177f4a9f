import {
  probeKernelLimits,
  readDiskSpace,
  readLimits,
  readMachine,
  roomForProcesses,
  spareSpace,
} from '../../host/index.ts'
import { printable } from '../../printable.ts'
import { showBytes, showCount } from '../../quantities.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { runsFolder } from '../runs-folder.ts'
import { alignColumns } from '../tables.ts'

/** Threads of a Node process at work. */
const threadsEach = 12

/** One thing that was looked at. */
interface Finding {
  readonly about: string
  readonly isFit: boolean
  readonly what: string
}

export const doctor: Command = {
  name: 'doctor',
  operands: '',
  operandsMax: 0,
  summary: 'says what a run may use of this machine, and which limits hold it',
  details: [
    'Limits of the kernel are tried out and not believed. Where they do not hold, a watchdog over /proc takes their place.',
    'Exit code 1 where a run would be refused or soon ended.',
  ],
  example: 'tallyman doctor',
  run: async (args, terminal) => {
    const findings = await examine(runsFolder(terminal), terminal.cwd)
    if (args.has('json')) for (const finding of findings) terminal.out(JSON.stringify(finding))
    else {
      const rows = findings.map(({ about, isFit, what }) => [isFit ? 'ok' : 'NO', about, printable(what)])
      for (const line of alignColumns(rows, { lineWidthMax: 400, cellWidthMax: 300 })) terminal.out(line)
    }
    return findings.every(({ isFit }) => isFit) ? exitCodes.complete : exitCodes.failed
  },
}

async function examine(folder: string, cwd: string): Promise<Finding[]> {
  const { cores, availableBytes } = readMachine()
  const limits = readLimits()
  const room = roomForProcesses(threadsEach, limits)
  const space = await readDiskSpace(folder).catch(() => readDiskSpace(cwd))
  const spare = spareSpace(space)
  const kernel = await probeKernelLimits()
  return [
    { about: 'node', isFit: true, what: process.version },
    { about: 'cores', isFit: true, what: `${cores} may be used` },
    {
      about: 'memory',
      isFit: availableBytes > 512 * 2 ** 20,
      what: `${showBytes(availableBytes)} available; a run takes 60 % unless --memory says otherwise`,
    },
    {
      about: 'processes',
      isFit: room.processes > cores,
      what: Number.isFinite(room.processes)
        ? `room for ${showCount(room.processes)} more workers; bound by ${room.boundBy?.of ?? 'nothing'}`
        : 'no limit',
    },
    {
      about: 'open files',
      isFit: (limits.openFilesMax ?? 1024) >= 256,
      what: limits.openFilesMax === null ? 'no limit' : `${showCount(limits.openFilesMax)} for each process`,
    },
    {
      about: 'disk',
      isFit: spare.bytes > 0 && spare.files > 0,
      what: `${showBytes(space.freeBytes)} free; a run may write ${showBytes(Math.max(0, spare.bytes))} of it`,
    },
    ...(['processes', 'memory'] as const).map((what): Finding => {
      const proof = kernel[what]
      const said = proof.holds
        ? 'holds here: tried out'
        : `does not hold here, the watchdog does instead: ${proof.reason}`
      return { about: `kernel limit on ${what}`, isFit: true, what: said }
    }),
  ]
}
