import { expect, test } from 'vitest'
import { startShell } from '../../../test/fixtures/shell.ts'
import { Bystanders } from './bystanders.ts'

test('passes over processes that no worker started, and looks at them again after a while', async () => {
  const [worker, other] = [startShell('echo up; read stop'), startShell('echo up; read stop')]
  await Promise.all([worker.nextLine(), other.nextLine()])
  const bystanders = new Bystanders()
  const rounds: string[] = []
  for (let round = 0; round < 45; round++) {
    const processes = bystanders.others()
    const pids = processes.map(({ pid }) => pid)
    rounds.push(`${pids.includes(worker.pid) ? 'w' : ''}${pids.includes(other.pid) ? 'o' : ''}`)
    bystanders.note(processes, new Set([worker.pid]))
  }
  const [first, second, ...rest] = rounds
  expect([first, second]).toEqual(['wo', 'wo'])
  // The second look is for one that was becoming another program, when it was asked for its environment.
  expect(rest.slice(0, 16).every((seen) => seen === 'w')).toBe(true)
  expect(rest.filter((seen) => seen === 'wo')).toHaveLength(4)
  expect(rest.every((seen) => seen.startsWith('w'))).toBe(true)
})
