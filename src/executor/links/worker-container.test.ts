import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { until } from '../../../test/fixtures/until.ts'
import { AttemptLogs } from './attempt-log.ts'
import { Leash } from './leash.ts'
import { WorkerContainer } from './worker-container.ts'
import { WorkerLog } from './worker-log.ts'
import { WorkerOutput } from './worker-output.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

/** Where a container's worker is connected, and says nothing yet. */
const connects = `const line = require('net').connect(process.argv[1] + '/line', () => mark('met'))
const mark = (name) => require('fs').writeFileSync(process.argv[2] + '/' + name, '')
line.on('close', () => mark('left'))`

/** An engine that starts what it is asked to, and removes nothing. */
function engineWithoutRoom(): string {
  const file = folder.at('engine')
  writeFileSync(
    file,
    `#!/bin/sh
[ "$1" = run ] || { echo 'Error: no space left on device' >&2; exit 125; }
source=$(printf '%s\\n' "$@" | sed -n 's,^type=bind.source=\\(.*\\).target=/run/tallyman$,\\1,p')
"${process.execPath}" -e "${connects}" "$source" '${folder.path}' &
`,
  )
  chmodSync(file, 0o755)
  return file
}

it('a container that its engine does not remove is let go of, though what is in it holds on to its line', async () => {
  const own = folder.at('line')
  mkdirSync(own)
  const worker = new WorkerContainer({
    engine: { kind: 'podman', version: '4.3.1', isRootless: true, command: [engineWithoutRoom()] },
    order: {
      ...{ name: 'a', labels: {}, image: 'b', command: [], environment: {}, mounts: [] },
      limits: { memoryBytes: 2 ** 28, processesMax: 9, cpus: 1, openFilesMax: 99 },
    },
    token: 'TALLYMAN_TEST_LINE=1',
    output: new WorkerOutput(new WorkerLog(folder.at('worker.log')), new AttemptLogs(folder.path)),
    leash: new Leash(),
    isPolite: false,
    group: null,
    folder: own,
    cwd: folder.path,
    onMessage: () => undefined,
    onHello: () => undefined,
  })
  await until('it to be met', () => existsSync(folder.at('met')))
  worker.kill()
  expect(await worker.exited).toMatchObject({
    code: 'engine-unfit',
    how: expect.stringContaining('no space left on device'),
  })
  expect(worker.silence).not.toBe(null)
  await until('its line to be closed', () => existsSync(folder.at('left')))
})
