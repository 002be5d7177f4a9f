import type { Command } from './command.ts'
import { attach } from './commands/attach.ts'
import { chaos } from './commands/chaos.ts'
import { clean } from './commands/clean.ts'
import { completionsCommand } from './commands/completions.ts'
import { diff } from './commands/diff.ts'
import { doctor } from './commands/doctor.ts'
import { down } from './commands/down.ts'
import { explain } from './commands/explain.ts'
import { logs } from './commands/logs.ts'
import { manCommand } from './commands/man.ts'
import { manifest } from './commands/manifest.ts'
import { newJob } from './commands/new.ts'
import { plot } from './commands/plot.ts'
import { ps } from './commands/ps.ts'
import { query } from './commands/query.ts'
import { report } from './commands/report.ts'
import { repro } from './commands/repro.ts'
import { resume } from './commands/resume.ts'
import { run } from './commands/run.ts'
import { runs } from './commands/runs.ts'
import { serve } from './commands/serve.ts'
import { show } from './commands/show.ts'
import { stop } from './commands/stop.ts'
import { test } from './commands/test.ts'
import { tunnel } from './commands/tunnel.ts'
import { up } from './commands/up.ts'
import { verify } from './commands/verify.ts'

/** Every command, in the order help lists them. Completions and the man page are made of this list, and are in it. */
export const commands: readonly Command[] = [
  newJob,
  test,
  run,
  runs,
  show,
  attach,
  serve,
  tunnel,
  up,
  ps,
  down,
  stop,
  resume,
  explain,
  logs,
  repro,
  query,
  plot,
  report,
  verify,
  diff,
  chaos,
  manifest,
  doctor,
  clean,
  completionsCommand(() => commands),
  manCommand(() => commands),
]
