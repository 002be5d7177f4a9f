import { describe, expect, it } from 'vitest'
import { isContainerHello } from './container-messages.ts'
import { isFromWorker } from './messages.ts'
import { isFromHost } from './thread-messages.ts'

const report = { kind: 'map', report: { spills: [], sources: [], damaged: [] } }

describe('isFromWorker', () => {
  it.each([
    { type: 'loaded', job: {} },
    { type: 'refused', fault: {} },
    { type: 'broken', fault: {} },
    { type: 'progress', id: 'map-00000.1', progress: {} },
    { type: 'failed', id: 'map-00000.1', fault: {} },
    { type: 'done', id: 'map-00000.1', report },
    { type: 'done', id: 'reduce-00000.1', report: { kind: 'reduce', report: { parts: [] } } },
  ])('takes %o', (message) => {
    expect(isFromWorker(message)).toBe(true)
  })

  it.each([
    null,
    'done',
    {},
    { type: 'hello' },
    { type: 7, job: {} },
    { type: 'loaded' },
    { type: 'loaded', job: null },
    { type: 'loaded', job: 'job' },
    { type: 'failed', fault: {} },
    { type: 'done', report },
    { type: 'done', id: 'map-00000.1', report: {} },
    { type: 'done', id: 'map-00000.1', report: { kind: 'sort', report: {} } },
    { type: 'done', id: 'map-00000.1', report: { kind: 'map', report: 'spills' } },
    { type: 'done', id: 'map-00000.1', report: { kind: 'map', report: null } },
    Object.create({ type: 'loaded', job: {} }),
  ])('refuses %o', (message) => {
    expect(isFromWorker(message)).toBe(false)
  })
})

describe('isFromHost', () => {
  it.each([
    { type: 'said', life: 1, json: '{}' },
    { type: 'printed', life: 1, stream: 'stderr', base64: '' },
    { type: 'gone', life: 1, exitCode: 0, error: null },
  ])('takes %o', (message) => {
    expect(isFromHost(message)).toBe(true)
  })

  it.each([
    null,
    7,
    { type: 'said', json: '{}' },
    { life: 1 },
    { type: 'said', life: 1, json: {} },
    { type: 'printed', life: 1, stream: 'stdin', base64: '' },
    { type: 'printed', life: 1, stream: 'stdout' },
    { type: 'gone', life: 1, exitCode: 0 },
    { type: 'hello', life: 1 },
  ])('refuses %o', (message) => {
    expect(isFromHost(message)).toBe(false)
  })
})

describe('isContainerHello', () => {
  it('takes nothing but a number and limits', () => {
    expect(isContainerHello({ type: 'hello', pid: 7, limits: {}, node: '20.19.0' })).toBe(true)
    const others = [
      null,
      'hello',
      { type: 'hello', pid: 7, limits: null },
      { type: 'hello', pid: '7', limits: {} },
      { type: 'loaded', pid: 7, limits: {} },
    ]
    for (const message of others) expect(isContainerHello(message)).toBe(false)
  })
})
