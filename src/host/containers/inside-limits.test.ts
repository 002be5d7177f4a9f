import { expect, it } from 'vitest'
import { insideLimitsFrom } from './inside-limits.ts'

it.each([
  [
    { 'memory.max': '134217728', 'pids.max': '64', 'cpu.max': '50000 100000' },
    { memoryBytes: 134_217_728, processesMax: 64, cpus: 0.5 },
  ],
  [
    { 'memory.max': 'max', 'pids.max': 'max', 'cpu.max': 'max 100000' },
    { memoryBytes: null, processesMax: null, cpus: null },
  ],
  [
    {
      'memory/memory.limit_in_bytes': '1048576',
      'pids/pids.max': '7',
      'cpu/cpu.cfs_quota_us': '200000',
      'cpu/cpu.cfs_period_us': '100000',
    },
    { memoryBytes: 1_048_576, processesMax: 7, cpus: 2 },
  ],
  [
    {
      'memory/memory.limit_in_bytes': '9223372036854771712',
      'cpu/cpu.cfs_quota_us': '-1',
      'cpu/cpu.cfs_period_us': '100000',
    },
    { memoryBytes: null, processesMax: null, cpus: null },
  ],
  [{}, { memoryBytes: null, processesMax: null, cpus: null }],
])('insideLimitsFrom reads control groups of either version: %j', (files, limits) => {
  const contents: Readonly<Record<string, string | undefined>> = files
  expect(insideLimitsFrom((file) => contents[file] ?? null)).toEqual(limits)
})
