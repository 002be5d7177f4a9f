import { TallymanError } from '../../errors.ts'
import { countOf } from '../../quantities.ts'
import { explainTasks, namesReadBy, type RunState, readRun, type TaskStory } from '../../run/index.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { sayCounts, sayGroups, sayStory, wordsNow, wordsThen } from '../explain-report.ts'
import { findRun } from '../runs-folder.ts'

/** Of more tasks than these, none of which was asked for, it is said how many there are of each kind. */
const listedMax = 40

export const explain: Command = {
  name: 'explain',
  operands: '[RUN]',
  operandsMax: 1,
  summary: 'says of every task whether it ran, was reused or ran again, and why',
  details: [
    'RUN is an id, the beginning of one, "last", or the path of a run. Where nothing is named, the last run is explained.',
    `First it is said how many tasks there are of each kind. Up to ${listedMax} are listed then; of more the reasons, the most frequent first. --task, --what and --why list those that are asked for, with --json too.`,
  ],
  example: 'tallyman explain last --what ran-again',
  run: async (args, terminal) => {
    const [name = 'last'] = args.positionals
    const { state, events, identity, isHeld } = readRun(findRun(name, terminal))
    if (state === null) throw new TallymanError('usage', `Run ${identity.id} ended before it had a plan.`)
    const all = explainTasks(state, events)
    const stories = all.filter((story) => isAsked(story, args, state))
    if (args.has('json')) {
      for (const story of stories) terminal.out(JSON.stringify(story))
      return exitCodes.complete
    }
    const words = isHeld ? wordsNow : wordsThen
    terminal.say(sayCounts(all, words))
    const isChosen = ['task', 'what', 'why'].some((flag) => args.has(flag))
    const isListed = isChosen || all.length <= listedMax
    const lines = isListed ? stories.map((story) => sayStory(story, words)) : sayGroups(all, words)
    for (const line of lines) terminal.out(line)
    if (isChosen && stories.length === 0) terminal.say('None of them is one that was asked for.')
    if (!isListed) terminal.say(`Each of them: tallyman explain ${identity.id} --what all`)
    const failed = events.filter(({ type }) => type === 'attempt-failed').length
    if (failed > 0)
      terminal.say(
        `What is left of the ${countOf(failed, 'attempt')} that failed: tallyman logs ${identity.id}`,
      )
    return exitCodes.complete
  },
}

/** Has every property that was asked for. */
function isAsked(story: TaskStory, args: Arguments, state: RunState): boolean {
  const [task, what, why] = [args.text('task'), args.text('what'), args.text('why')]
  return (
    (what === null || what === 'all' || story.what === what) &&
    (why === null || story.why.includes(why)) &&
    (task === null ||
      story.task === task ||
      namesReadBy(state, story.task).some((name) => name.includes(task)))
  )
}
