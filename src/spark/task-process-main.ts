/**
 * Entry of the process that does tasks beside one of Spark's Python workers, which tells it one thing at a time on stdin and
 * reads the one answer on stdout, in the frames that all workers speak. It runs no code of a job: a worker process of its own does, so
 * that whatever becomes of that is seen here, and is ended when stdin closes.
 */
import { encodeFrame, readFrames } from '../executor/index.ts'
import type { FromTaskProcess, ToTaskProcess } from './messages.ts'
import { TaskRunner } from './task-runner.ts'

const runner = new TaskRunner()

function leave(): void {
  void runner.close().finally(() => process.exit(0))
}

process.stdin.on('end', leave)
process.stdin.on('close', leave)
process.stdin.on('error', leave)
// Whoever asked is gone, and with it whoever would read an answer.
process.stdout.on('error', leave)
// Spark ends its Python workers so, and with them the group they are in.
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, leave)
readFrames(
  process.stdin,
  (message) => {
    void runner.run(message as ToTaskProcess).then((answer: FromTaskProcess) => {
      process.stdout.write(encodeFrame(answer))
    })
  },
  leave,
)
