/** Every command, in the order help lists them. */
import type { Command } from './command.ts'
import { completionsCommand } from './commands/completions.ts'
import { manCommand } from './commands/man.ts'
import { newJob } from './commands/new.ts'
import { resume } from './commands/resume.ts'
import { run } from './commands/run.ts'
import { runs } from './commands/runs.ts'
import { show } from './commands/show.ts'
import { test } from './commands/test.ts'

export const commands: readonly Command[] = [
  newJob,
  test,
  run,
  runs,
  show,
  resume,
  completionsCommand(() => commands),
  manCommand(() => commands),
]
