import type { Isolation } from '../options.ts'
import type { Plan } from '../plan/plan.ts'
import type { TaskIdentity } from './task-identity.ts'

/** What all tasks of a run have alike of their identity: who keeps a task and who looks for it must say the same, or nothing is ever found. */
export function identityOfTasks(
  job: Pick<Plan['job'], 'file' | 'codeSha256' | 'params' | 'typedParams'>,
  { partitions, contents, seenFrom }: Pick<TaskIdentity, 'partitions' | 'contents' | 'seenFrom'>,
): Omit<TaskIdentity, 'splits'> {
  return {
    jobFile: job.file,
    codeSha256: job.codeSha256,
    params: job.typedParams,
    resolved: job.params,
    partitions,
    contents,
    seenFrom,
  }
}

/** From where a job sees files: its paths may begin at the working directory, and a container has few of the machine's files, and others of its own. */
export function seenFrom(isolation: Isolation, cwd: string): string {
  return isolation === 'container' ? `container ${cwd}` : cwd
}
