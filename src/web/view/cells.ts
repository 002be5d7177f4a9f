import type { RunState } from '../../run/index.ts'
import type { StageView } from './views.ts'

/** More than these cannot be told apart, and would make the page slow. */
const cellsMax = 1000

/** From the least to the most that one wants to know of. */
const ranks = 'udar.x'

/** How the tasks of a stage stand. */
export function stageView(state: RunState, name: 'map' | 'reduce'): StageView {
  const tasks = state[name]
  const tasksPerCell = Math.max(1, Math.ceil(tasks.length / cellsMax))
  const cells: string[] = []
  let worst = -1
  for (const [index, task] of tasks.entries()) {
    worst = Math.max(worst, ranks.indexOf(letterOf(task)))
    if ((index + 1) % tasksPerCell !== 0 && index + 1 < tasks.length) continue
    cells.push(ranks[worst] ?? '.')
    worst = -1
  }
  return {
    name,
    tasks: tasks.length,
    done: tasks.done,
    running: tasks.running,
    cells: cells.join(''),
    tasksPerCell,
  }
}

type Task = NonNullable<ReturnType<RunState['map']['at'] | RunState['reduce']['at']>>

function letterOf(task: Task): string {
  switch (task.kind) {
    case 'done':
      if (task.attempt === 0) return 'u'
      return task.attempts > 1 || task.trouble !== undefined ? 'a' : 'd'
    case 'running':
      return 'r'
    case 'waiting':
      return task.lastFault === null ? '.' : 'x'
  }
}
