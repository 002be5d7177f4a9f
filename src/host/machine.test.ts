import { existsSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { describe, expect, test } from 'vitest'
import { runProgram } from '../../test/fixtures/bundled.ts'
import { requires } from '../../test/requires.ts'
import { type Machine, readMachine } from './machine.ts'

const program = `
  import { readMachine } from './src/host/machine.ts'
  console.log(JSON.stringify(readMachine()))`

describe('readMachine', () => {
  test('says no more cores and memory than there are', () => {
    const { cores, availableBytes } = readMachine()
    expect(Number.isInteger(cores)).toBe(true)
    expect(cores).toBeGreaterThanOrEqual(1)
    expect(cores).toBeLessThanOrEqual(cpus().length)
    expect(Number.isSafeInteger(availableBytes)).toBe(true)
    expect(availableBytes).toBeGreaterThan(0)
    expect(availableBytes).toBeLessThanOrEqual(totalmem())
  })

  const hasTaskset = requires('taskset of util-linux', existsSync('/usr/bin/taskset'))

  test.skipIf(!hasTaskset)('counts the cores this process may run on, not those the machine has', () => {
    const { cores } = runProgram(program, { before: ['taskset', '--cpu-list', '0'] }) as Machine
    expect(cores).toBe(1)
  })
})
