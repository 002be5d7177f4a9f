import { holdsPort, listAppContainers, requireEngine } from '../../host/index.ts'
import { answers, linkOf } from '../apps/own-apps.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { alignColumns } from '../tables.ts'

export const ps: Command = {
  name: 'ps',
  operands: '',
  operandsMax: 0,
  summary: 'lists the apps that are up, and whether they answer',
  details: ['Of those that `tallyman up` started, of this user. Each is asked whether it answers.'],
  example: 'tallyman ps',
  run: async (args, terminal) => {
    const found = await listAppContainers(await requireEngine())
    const apps = await Promise.all(
      found.map(async (app) => {
        const { name, state, port, startedAt, restarts, tokenFile } = app
        // At the port of one that has ended for good somebody else may listen, who gets no token from here.
        const own = holdsPort(app) ? port : null
        return {
          name,
          state,
          answers: own !== null && (await answers(own)),
          port,
          link: own === null ? null : linkOf({ port: own, tokenFile }),
          startedAt,
          restarts,
        }
      }),
    )
    if (args.has('json')) for (const app of apps) terminal.out(JSON.stringify(app))
    else if (apps.length === 0)
      terminal.say('No app is up. `tallyman up APP` starts one; without APP, the page of all runs.')
    else {
      const rows = apps.map((app) => [
        app.name,
        app.state,
        app.answers ? 'answers' : 'does not answer',
        app.link ?? '',
        app.restarts === 0 ? '' : `started again ${app.restarts} times`,
      ])
      for (const line of alignColumns(rows)) terminal.out(line)
    }
    return exitCodes.complete
  },
}
