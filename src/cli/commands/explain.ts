import { TallymanError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { countOf } from '../../quantities.ts'
import { explainTasks, readRun, type TaskStory } from '../../run/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
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
    const { state, events, identity, isHeld } = readRun(findRun(name, terminal))
    if (state === null) throw new TallymanError('usage', `Run ${identity.id} ended before it had a plan.`)
    const stories = explainTasks(state, events)
    if (args.has('json')) for (const story of stories) terminal.out(JSON.stringify(story))
    else {
      const words = isHeld ? wordsNow : wordsThen
      for (const story of stories) terminal.out(lineOf(story, words))
      terminal.say(sayCounts(stories, words))
      const failed = events.filter(({ type }) => type === 'attempt-failed').length
      if (failed > 0)
        terminal.say(
          `What is left of the ${countOf(failed, 'attempt')} that failed: tallyman logs ${identity.id}`,
        )
    }
    return exitCodes.complete
  },
}

/** What became of a task, said of one and of any number. */
type Words = Readonly<Record<TaskStory['what'], readonly [one: string, several: string]>>

/** In a run that a process is at work on. */
const wordsNow: Words = {
  reused: ['reused', 'reused'],
  ran: ['ran', 'ran'],
  'ran-again': ['ran again', 'ran again'],
  running: ['is running', 'running'],
  waiting: ['is waiting', 'waiting'],
}

/** In a run that has ended, or was cut off. */
const wordsThen: Words = {
  ...wordsNow,
  running: ['had begun and did not end', 'begun and not ended'],
  waiting: ['had not begun', 'not begun'],
}

function lineOf({ task, reads, what, why }: TaskStory, words: Words): string {
  return `${task} (${printable(reads)}) ${words[what][0]}${why === '' ? '' : `: ${printable(why)}`}`
}

function sayCounts(stories: readonly TaskStory[], words: Words): string {
  const counts = Object.entries(words).flatMap(([what, [, several]]) => {
    const count = stories.filter((story) => story.what === what).length
    return count === 0 ? [] : [`${count} ${several}`]
  })
  return `Of ${stories.length} tasks ${counts.join(', ')}.`
}
