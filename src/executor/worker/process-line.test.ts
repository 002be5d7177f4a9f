import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { builtFile } from '../built-file.ts'
import { encodeFrame, readFrames } from '../frames.ts'

/** A worker as a container has it, outside of one: it is told of a socket, and of the directory its inputs were planned in. */
interface Worker {
  readonly line: Socket
  /** What it says next. */
  next(): Promise<unknown>
  readonly ended: Promise<readonly unknown[]>
}

async function startWorker(folder: string, cwd: string): Promise<Worker> {
  const server = createServer()
  const path = `${folder}/line`
  server.listen(path)
  const child = spawn(process.execPath, [builtFile('worker-process'), 'line', path, cwd], { stdio: 'ignore' })
  onTestFinished(() => {
    child.kill('SIGKILL')
    server.close()
  })
  const ended = once(child, 'exit')
  const [line] = (await once(server, 'connection')) as [Socket]
  const said: unknown[] = []
  let wake: () => void = () => undefined
  readFrames(
    line,
    (message) => {
      said.push(message)
      wake()
    },
    (error) => {
      throw error
    },
  )
  const next = async (): Promise<unknown> => {
    while (said.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    return said.shift()
  }
  return { line, next, ended }
}

/** Has it load a module of this text, and returns its answer. */
async function load({ line, next }: Worker, folder: string, text: string): Promise<unknown> {
  const bundleFile = `${folder}/a.mjs`
  writeFileSync(bundleFile, text)
  line.write(
    encodeFrame({
      type: 'load',
      order: { bundleFile, jobName: 'a.job.ts', runDirectory: folder, params: null },
    }),
  )
  return next()
}

describe('a worker with a socket for its line', () => {
  it('says who it is, is where its inputs were planned, and what a container has to do with an error', async () => {
    const folder = tempFolder()
    onTestFinished(() => folder.remove())
    const cwd = folder.at('inputs')
    mkdirSync(cwd)
    const worker = await startWorker(folder.path, cwd)
    expect(await worker.next()).toMatchObject({
      type: 'hello',
      pid: expect.any(Number),
      limits: expect.any(Object),
      node: process.versions.node,
    })
    const text =
      "import { readFileSync } from 'node:fs'\ntry { readFileSync('/nowhere/x') } catch (error) { error.message += ' in ' + process.cwd(); throw error }"
    expect(await load(worker, folder.path, text)).toMatchObject({
      type: 'refused',
      fault: {
        code: 'job-invalid',
        message: expect.stringMatching(
          new RegExp(`in ${realpathSync(cwd)} \\(a worker in a container sees its inputs and nothing else`),
        ),
      },
    })
    worker.line.end()
    expect(await worker.ended).toEqual([0, null])
  })

  it('says so of what its job did not await, too, and ends', async () => {
    const folder = tempFolder()
    onTestFinished(() => folder.remove())
    const worker = await startWorker(folder.path, folder.path)
    expect(await worker.next()).toMatchObject({ type: 'hello' })
    const text = `import { readFileSync } from 'node:fs'
      import { count, defineJob, text } from ${JSON.stringify(new URL('../../../dist/index.js', import.meta.url).href)}
      setTimeout(() => readFileSync('/nowhere/x'), 20)
      export default defineJob({ input: text(), reduce: count(), map: (line, emit) => emit(line) })`
    expect(await load(worker, folder.path, text)).toMatchObject({ type: 'loaded' })
    expect(await worker.next()).toMatchObject({
      type: 'broken',
      fault: {
        code: 'job-threw',
        message: expect.stringContaining('(a worker in a container sees its inputs and nothing else'),
      },
    })
    expect(await worker.ended).toEqual([0, null])
  })

  it('refuses a job that fails of what it did not await while it is imported', async () => {
    const folder = tempFolder()
    onTestFinished(() => folder.remove())
    const worker = await startWorker(folder.path, folder.path)
    expect(await worker.next()).toMatchObject({ type: 'hello' })
    const text = "setTimeout(() => { throw new Error('late') }, 20)\nawait new Promise(() => undefined)"
    expect(await load(worker, folder.path, text)).toMatchObject({
      type: 'refused',
      fault: { code: 'job-threw', message: 'Something the job started and did not await failed: late' },
    })
    expect(await worker.ended).toEqual([0, null])
  })

  it('goes on where that directory is not there, and ends at what is no message', async () => {
    const folder = tempFolder()
    onTestFinished(() => folder.remove())
    const worker = await startWorker(folder.path, folder.at('none'))
    expect(await worker.next()).toMatchObject({ type: 'hello' })
    expect(await load(worker, folder.path, 'export default 7')).toMatchObject({
      type: 'refused',
      fault: { message: 'a.job.ts exports something else than a job as its default.' },
    })
    worker.line.write(encodeFrame({}).fill(0xff, 4))
    worker.line.on('error', () => undefined)
    expect(await worker.ended).toEqual([1, null])
  })
})
