import { testJob } from 'tallyman'
import { describe, expect, it } from 'vitest'
import logs from './logs.job.ts'

describe('logs', () => {
  it('counts by hour, by client, and keeps the largest answers', async () => {
    const { status, clients, largest, level } = await testJob(logs, [
      '10.0.0.1 - - [01/Jan/2021:08:00:00 +0000] "GET /a HTTP/1.1" 200 100',
      '10.0.0.2 - - [01/Jan/2021:08:59:59 +0000] "GET /b HTTP/1.1" 200 300',
      '10.0.0.1 - - [01/Jan/2021:09:00:00 +0000] "GET /c HTTP/1.1" 404 -',
      '[Fri Jan 01 09:00:00 2021] [error] File does not exist: /c',
      'not a log line',
      '',
    ])
    expect(status).toEqual([
      { key: ['2021-01-01T08', 200], value: 2 },
      { key: ['2021-01-01T09', 404], value: 1 },
    ])
    expect(clients).toEqual([
      { key: '10.0.0.1', value: { requests: 2, bytes: 100 } },
      { key: '10.0.0.2', value: { requests: 1, bytes: 300 } },
    ])
    expect(largest[0]).toEqual({
      key: 200,
      value: [
        { bytes: 300, path: '/b', client: '10.0.0.2' },
        { bytes: 100, path: '/a', client: '10.0.0.1' },
      ],
    })
    expect(level).toEqual([{ key: ['2021-01-01T09', 'error'], value: 1 }])
  })
})
