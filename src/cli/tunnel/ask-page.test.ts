import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../../test/fixtures/shell.ts'
import { requires } from '../../../test/requires.ts'
import { askPage, takesConnections } from './ask-page.ts'

/** Makes a socket, listens at it a while later, as ssh does on a busy machine, and answers whoever comes. */
const late = `
import socket, sys, time
one = socket.socket(socket.AF_UNIX)
one.bind(sys.argv[1])
time.sleep(0.3)
one.listen()
for _ in range(2):
    taken, _ = one.accept()
    taken.recv(4096)
    taken.sendall(b"HTTP/1.1 200 OK\\r\\nserver: late\\r\\ncontent-length: 0\\r\\n\\r\\n")
    taken.close()
`

async function startLate(): Promise<{ readonly path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-late-'))
  const path = join(folder, 'page')
  const child = spawn('python3', ['-c', late, path], { stdio: 'ignore' })
  onTestFinished(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  await eventually(() => existsSync(path), 'the socket is there')
  return { path }
}

const hasPython = requires('python3', spawnSync('python3', ['--version']).status === 0)

test.skipIf(!hasPython)('askPage waits for a socket that nobody listens at yet', async () => {
  const said = await askPage(await startLate(), 't'.repeat(32), 50_123)
  expect(said).toEqual({ kind: 'stranger', what: 'HTTP 200 from "late"' })
})

test.skipIf(!hasPython)('takesConnections waits for a socket that nobody listens at yet', async () => {
  expect(await takesConnections(await startLate())).toBe(true)
})

test('askPage and takesConnections do not wait for a port that refuses', async () => {
  const nobody = { port: 1, host: '127.0.0.1' } as const
  expect(await askPage(nobody, 't'.repeat(32), 1)).toEqual({ kind: 'silent', isLate: false })
  expect(await takesConnections(nobody)).toBe(false)
})
