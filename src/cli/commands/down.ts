import { rmSync } from 'node:fs'
import { TallymanError } from '../../errors.ts'
import { listAppContainers, removeAppContainer, requireEngine } from '../../host/index.ts'
import { nearestName } from '../../job/index.ts'
import { bundleFolder } from '../apps/own-apps.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'

export const down: Command = {
  name: 'down',
  operands: 'NAME…',
  summary: 'ends apps that are up',
  details: ['NAME is that of `tallyman ps`. Without one, the only app that is up is meant.'],
  example: 'tallyman down hello',
  run: async (args, terminal) => {
    const { forgetApp } = await import('../../web/index.ts')
    const engine = await requireEngine()
    const names = (await listAppContainers(engine)).map(({ name }) => name)
    for (const name of chosen(args.positionals, names)) {
      await removeAppContainer(engine, name)
      forgetApp(name)
      rmSync(bundleFolder(name, terminal), { recursive: true, force: true })
      if (args.has('json')) terminal.out(JSON.stringify({ name }))
      else terminal.out(`${name} is down.`)
    }
    return exitCodes.complete
  },
}

function chosen(asked: readonly string[], names: readonly string[]): readonly string[] {
  const [only] = names
  if (asked.length === 0 && names.length === 1 && only !== undefined) return [only]
  const unknown = asked.find((name) => !names.includes(name))
  if (asked.length > 0 && unknown === undefined) return asked
  const near = unknown === undefined ? null : nearestName(unknown, names)
  throw new TallymanError(
    'not-found',
    unknown === undefined
      ? names.length === 0
        ? 'No app is up.'
        : `Several apps are up: ${names.join(', ')}.`
      : `No app ${JSON.stringify(unknown)} is up.`,
    { wayOut: near === null ? '`tallyman ps` lists those that are.' : `Did you mean ${near}?` },
  )
}
