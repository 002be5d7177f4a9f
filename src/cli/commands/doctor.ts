import { printable } from '../../printable.ts'
import type { Arguments } from '../arguments.ts'
import { pad } from '../cells.ts'
import type { Command } from '../command.ts'
import type { Finding, Fix, Verdict } from '../doctor/finding.ts'
import { exitCodes } from '../exit-codes.ts'
import { runsFolder } from '../runs-folder.ts'
import type { Terminal } from '../terminal.ts'

export const doctor: Command = {
  name: 'doctor',
  operands: '',
  operandsMax: 0,
  summary:
    'says of this machine what is fine, what will hurt and when, and what is broken and how to mend it',
  details: [
    'It looks at the runtime, cores, memory, limits, disk, containers, ports, ssh, terminal, and the programs that some commands need. Limits are tried out and not believed: of the kernel, and of a container that is really run. Where they do not hold, a watchdog over /proc takes their place.',
    'Exit code 1 where something is broken.',
  ],
  example: 'tallyman doctor',
  run: async (args, terminal) => {
    const findings = await examine(terminal)
    if (args.has('fix')) showFixes(findings, terminal)
    else show(findings, args, terminal)
    return findings.some(({ verdict }) => verdict === 'broken') ? exitCodes.failed : exitCodes.complete
  },
}

async function examine(terminal: Terminal): Promise<Finding[]> {
  const [machine, containers, waysIn, programs] = await Promise.all([
    import('../doctor/machine.ts'),
    import('../doctor/containers.ts'),
    import('../doctor/ways-in.ts'),
    import('../doctor/programs.ts'),
  ])
  const steps: readonly (readonly [what: string, look: () => Promise<Finding[]>])[] = [
    ['the machine', machine.examineMachine],
    ['the disk', () => machine.examineDisk(runsFolder(terminal))],
    ['containers', () => containers.examineContainers(terminal.say)],
    ['the ways in', () => waysIn.examineWaysIn(terminal.env)],
    ['programs', () => programs.examinePrograms(terminal)],
  ]
  const findings: Finding[] = []
  for (const [what, look] of steps) {
    terminal.status(`Looks at ${what} …`)
    findings.push(...(await look()))
  }
  terminal.status(null)
  return findings
}

const words: Readonly<Record<Verdict, string>> = { fine: 'fine', 'will-hurt': 'will hurt', broken: 'BROKEN' }

function show(findings: readonly Finding[], args: Arguments, { out }: Terminal): void {
  if (args.has('json')) {
    for (const { about, verdict, ...rest } of findings)
      out(JSON.stringify({ about, isFit: verdict !== 'broken', verdict, ...rest }))
    return
  }
  const [verdictWidth, aboutWidth] = [9, Math.max(...findings.map(({ about }) => about.length))]
  const indent = ' '.repeat(verdictWidth + aboutWidth + 4)
  for (const { about, verdict, what, hurts, wayOut, fixes } of findings) {
    const said = hurts === null ? what : `${what}; hurts ${hurts}`
    out(
      `${pad(words[verdict], verdictWidth, 'right')}  ${pad(about, aboutWidth, 'right')}  ${printable(said)}`,
    )
    if (wayOut !== null) out(`${indent}${printable(wayOut)}`)
    for (const fix of fixes) out(`${indent}${fix.asRoot ? '#' : '$'} ${printable(fix.command)}`)
  }
}

/** For a shell, to be read before it is run by whoever may: first what root does. */
function showFixes(findings: readonly Finding[], { out }: Terminal): void {
  // Of what only time mends nothing can be said here.
  const lacking = findings.filter(
    ({ verdict, wayOut, fixes }) =>
      verdict === 'broken' || (verdict === 'will-hurt' && (wayOut !== null || fixes.length > 0)),
  )
  if (lacking.length === 0) out('# Nothing is to be mended.')
  for (const { about, what, hurts, wayOut, fixes } of lacking) {
    out(`# ${about}: ${printable(hurts === null ? what : `${what}; hurts ${hurts}`)}`)
    if (fixes.length === 0) out(`# ${printable(wayOut ?? 'Nothing is known that mends it.')}`)
    for (const fix of fixes) out(commandOf(fix))
  }
}

function commandOf({ command, asRoot }: Fix): string {
  return asRoot ? `${command}  # as root` : command
}
