// @ts-check
/** A standalone cluster of Spark on this machine, for measurements: a master, and two workers on loopback addresses of their own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const classes = {
  master: 'org.apache.spark.deploy.master.Master',
  worker: 'org.apache.spark.deploy.worker.Worker',
}
const startMsMax = 120_000

export class Cluster {
  /** @type {import('node:child_process').ChildProcess[]} */ #children = []
  /** `spark://…` */
  master = ''

  /**
   * @param {string} home of Spark
   * @param {string} folder
   * @param {import('./cpu-group.mjs').CpuGroup} group that all of it belongs to, with the executors
   */
  async start(home, folder, group) {
    const start = (
      /** @type {'master' | 'worker'} */ kind,
      /** @type {string} */ host,
      /** @type {string[]} */ ...words
    ) => {
      const log = join(folder, `${kind}-${host}.log`)
      mkdirSync(folder, { recursive: true })
      const fd = openSync(log, 'a')
      const args = [
        join(home, 'bin', 'spark-class'),
        classes[kind],
        '--host',
        host,
        '--port',
        '0',
        '--webui-port',
        '0',
      ]
      const call = group.within({ program: 'bash', args: [...args, ...words] })
      const child = spawn(call.program, call.args, {
        env: {
          ...process.env,
          SPARK_HOME: home,
          SPARK_LOCAL_IP: host,
          SPARK_DAEMON_MEMORY: '256m',
          SPARK_WORKER_DIR: join(folder, `${kind}-${host}`),
        },
        stdio: ['ignore', fd, fd],
      })
      this.#children.push(child)
      return log
    }
    const log = start('master', '127.0.0.1')
    this.master = await seenIn(log, /spark:\/\/127\.0\.0\.1:\d+/)
    for (const host of ['127.0.0.2', '127.0.0.3'])
      start('worker', host, '--cores', '1', '--memory', '2g', this.master)
    await seenIn(log, /(?:Registering worker[\s\S]*){2}/)
  }

  async stop() {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const gone = once(child, 'close')
        child.kill('SIGTERM')
        await gone
      }),
    )
  }
}

/**
 * @param {string} log
 * @param {RegExp} pattern
 */
async function seenIn(log, pattern) {
  for (const endMs = performance.now() + startMsMax; performance.now() < endMs; await sleep(100)) {
    const [found] = pattern.exec(readFileSync(log, 'utf8')) ?? []
    if (found !== undefined) return found
  }
  throw new Error(`Spark's cluster did not start: see ${log}.`)
}
