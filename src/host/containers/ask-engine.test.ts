import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { readProcess } from '../processes/process-tree.ts'
import { askEngine, engineSilence, engineWithinMs, waitVariable } from './ask-engine.ts'

function waitAtMost(seconds: string): void {
  vi.stubEnv(waitVariable, seconds)
  onTestFinished(() => void vi.unstubAllEnvs())
}

it('askEngine ends one that does not answer, even where it does not want to end, and says what it was asked', async () => {
  waitAtMost('0.3')
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-silent-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const note = join(folder, 'pid')
  const deaf = `trap '' TERM; echo $$ >${note}; while :; do sleep 1; done`
  await expect(askEngine(['sh', '-c'], [deaf])).rejects.toMatchObject({
    code: 'engine-silent',
    message: expect.stringMatching(/^sh does not answer: `sh -c trap .*` was not through after 0.3 s/),
    wayOut: expect.stringContaining('TALLYMAN_ENGINE_WAIT=SECONDS'),
  })
  expect(existsSync(note)).toBe(true)
  const pid = Number(readFileSync(note, 'utf8'))
  while (readProcess(pid) !== null) await sleep(50)
})

it('engineSilence names where DOCKER_HOST leads', () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://192.0.2.1:2375')
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(engineSilence('docker', ['info'], 60_000).message).toContain('tcp://192.0.2.1:2375')
  expect(engineSilence('podman', ['ps'], 60_000).message).not.toContain('DOCKER_HOST')
})

it('engineWithinMs gives what is done and what is built more time than what is looked up', () => {
  expect([engineWithinMs('look', ''), engineWithinMs('act', ''), engineWithinMs('build', '')]).toEqual([
    60_000, 300_000, 3_600_000,
  ])
  expect(engineWithinMs('act', '90')).toBe(450_000)
  for (const said of ['soon', '-1', '0', 'Infinity', '40000'])
    expect(() => engineWithinMs('look', said)).toThrow(/number of seconds|TALLYMAN_ENGINE_WAIT is/)
})
