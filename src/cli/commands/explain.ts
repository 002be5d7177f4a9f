import { TallymanError } from '../../errors.ts'
import { explainTasks, readRun, type TaskStory } from '../../run/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { printable } from '../printable.ts'
import { findRun } from '../runs-folder.ts'

export const explain: Command = {
  name: 'explain',
  operands: '[RUN]',
  operandsMax: 1,
  summary: 'says of every task whether it ran, was reused or ran again, and why',
  details: [
    'RUN is an id, the beginning of one, "last", or the path of a run. Where nothing is named, the last run is explained.',
  ],
  example: 'tallyman explain last',
  run: async (args, terminal) => {
    const [name = 'last'] = args.positionals
    const { state, events, identity } = readRun(findRun(name, terminal))
    if (state === null) throw new TallymanError('usage', `Run ${identity.id} ended before it had a plan.`)
    const stories = explainTasks(state, events)
    if (args.has('json')) for (const story of stories) terminal.out(JSON.stringify(story))
    else {
      for (const story of stories) terminal.out(lineOf(story))
      terminal.say(sayCounts(stories))
    }
    return exitCodes.complete
  },
}

const words: Readonly<Record<TaskStory['what'], string>> = {
  reused: 'reused',
  ran: 'ran',
  'ran-again': 'ran again',
  running: 'is running',
  waiting: 'is waiting',
}

function lineOf({ task, reads, what, why }: TaskStory): string {
  return `${task} (${printable(reads)}) ${words[what]}${why === '' ? '' : `: ${printable(why)}`}`
}

function sayCounts(stories: readonly TaskStory[]): string {
  const counts = Object.entries(words).flatMap(([what, word]) => {
    const count = stories.filter((story) => story.what === what).length
    return count === 0 ? [] : [`${count} ${word}`]
  })
  return `Of ${stories.length} tasks ${counts.join(', ')}.`
}
