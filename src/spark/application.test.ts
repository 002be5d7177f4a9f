import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Application } from './application.ts'

test('lastWords are those of this application, whatever earlier ones have logged', async () => {
  const home = mkdtempSync(join(tmpdir(), 'tallyman-application-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  const submit = join(home, 'bin', 'spark-submit')
  mkdirSync(join(home, 'bin'))
  const folder = join(home, 'spark')
  const logFile = join(home, 'spark.log')
  const said: string[] = []
  for (const word of ['the first', 'the second']) {
    writeFileSync(submit, `#!/bin/sh\necho "FirstError: ${word}"\nexit 3\n`)
    chmodSync(submit, 0o755)
    Application.prepare(folder)
    const parts = {
      home,
      folder,
      logFile,
      master: 'local',
      deployMode: 'client',
      conf: {},
      pack: null,
    } as const
    const application = Application.start({ ...parts, env: process.env })
    expect(await application.exited).toEqual({ code: 3, signal: null })
    said.push(application.lastWords())
  }
  expect(said).toEqual(['FirstError: the first\n', 'FirstError: the second\n'])
})
