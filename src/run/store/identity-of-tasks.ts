import type { Plan } from '../plan/plan.ts'
import type { TaskIdentity } from './store.ts'

/** What all tasks of a run have alike of their identity: who keeps a task and who looks for it must say the same, or nothing is ever found. */
export function identityOfTasks(
  job: Pick<Plan['job'], 'file' | 'codeSha256' | 'typedParams'>,
  { partitions, contents, cwd }: Pick<TaskIdentity, 'partitions' | 'contents' | 'cwd'>,
): Omit<TaskIdentity, 'splits'> {
  return { jobFile: job.file, codeSha256: job.codeSha256, params: job.typedParams, partitions, contents, cwd }
}
