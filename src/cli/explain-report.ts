/** What is said of the tasks of a run: how many of each kind for which reasons, or one after another. */
import { printable } from '../printable.ts'
import { countOf, showCount } from '../quantities.ts'
import type { TaskStory } from '../run/index.ts'

/** What became of a task, said of one and of any number. */
export type Words = Readonly<Record<TaskStory['what'], readonly [one: string, several: string]>>

/** In a run that a process is at work on. */
export const wordsNow: Words = {
  reused: ['reused', 'reused'],
  ran: ['ran', 'ran'],
  'ran-again': ['ran again', 'ran again'],
  running: ['is running', 'running'],
  waiting: ['is waiting', 'waiting'],
}

/** In a run that has ended, or was cut off. */
export const wordsThen: Words = {
  ...wordsNow,
  running: ['had begun and did not end', 'begun and not ended'],
  waiting: ['had not begun', 'not begun'],
}

/** `Of 366 tasks 365 reused, 1 ran.` */
export function sayCounts(stories: readonly TaskStory[], words: Words): string {
  const counts = Object.entries(words).flatMap(([what, [, several]]) => {
    const count = stories.filter((story) => story.what === what).length
    return count === 0 ? [] : [`${showCount(count)} ${several}`]
  })
  return `Of ${countOf(stories.length, 'task')} ${counts.join(', ')}.`
}

/** One line; one more for each trouble where there are several. */
export function sayStory(story: TaskStory, words: Words): string {
  const { task, reads, what } = story
  return [`${task} (${printable(reads)}) ${words[what][0]}${sayWhy(story)}`, ...sayTroubles(story)].join('\n')
}

/** Troubles of a task that are shown; more of them are counted. */
const troublesMax = 10

function sayWhy({ why, troubles }: TaskStory): string {
  return why === '' || troubles.length > 1 ? '' : `: ${printable(why)}`
}

function sayTroubles({ troubles }: TaskStory): string[] {
  if (troubles.length < 2) return []
  const more = troubles.length - troublesMax
  return [
    ...troubles.slice(0, troublesMax).map((clause) => `  ${printable(clause)}`),
    ...(more > 0 ? [`  … and ${showCount(more)} more: --json has all`] : []),
  ]
}

/** Reasons that are shown; more of them are counted. */
const groupsMax = 20

/**
 * One line for each thing that became of tasks for one reason, the most frequent first, with the first of its tasks. What
 * happened to a single one comes last, and is cut off first.
 */
export function sayGroups(stories: readonly TaskStory[], words: Words): string[] {
  const groups = new Map<string, TaskStory[]>()
  for (const story of stories) {
    const name = `${story.what} ${story.why}`
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [story])
    else group.push(story)
  }
  const sorted = [...groups.values()].sort((a, b) => b.length - a.length)
  const shown = sorted.slice(0, groupsMax).map((group) => sayGroup(group, words))
  const more = sorted.slice(groupsMax)
  if (more.length === 0) return shown
  const tasks = more.reduce((sum, { length }) => sum + length, 0)
  return [...shown, `… and ${countOf(tasks, 'task')} for ${countOf(more.length, 'other reason')}`]
}

function sayGroup(group: readonly TaskStory[], words: Words): string {
  const [first] = group
  if (first === undefined) return ''
  if (group.length === 1) return sayStory(first, words)
  const head = `${showCount(group.length)} ${words[first.what][1]}${sayWhy(first)}; the first is ${first.task} (${printable(first.reads)})`
  return [head, ...sayTroubles(first)].join('\n')
}
