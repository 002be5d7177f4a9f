import { type RunState, resumeCommand, sayMend } from '../../run/index.ts'
import type { CommandView } from './views.ts'

/** What to type next. */
export function commandsOf(id: string, state: RunState, isHeld: boolean): CommandView[] {
  if (isHeld) {
    return [
      { does: 'follow it in a terminal', command: `tallyman attach ${id}` },
      { does: 'end it; it can be resumed', command: `tallyman stop ${id}` },
    ]
  }
  const common = [
    { does: 'why each task ran', command: `tallyman explain ${id}` },
    { does: 'what was printed', command: `tallyman logs ${id}` },
  ]
  if (state.phase === 'complete')
    return [
      { does: 'the tables', command: `tallyman show ${id}` },
      { does: 'whether every byte is as written', command: `tallyman verify ${id}` },
      ...common,
    ]
  // What to do then stands beside what is lacking.
  if (sayMend(state) !== null) return common
  return [{ does: 'go on', command: resumeCommand(id, state) }, ...common]
}
