import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkMaster, localThreads, requireMaster, withAttempts } from './master.ts'

describe('localThreads', () => {
  it('knows how many threads a local master has, and that others are none', () => {
    expect(localThreads('local', 8)).toBe(1)
    expect(localThreads('local[3]', 8)).toBe(3)
    expect(localThreads('local[*]', 8)).toBe(8)
    expect(localThreads('local[2,4]', 8)).toBe(2)
    expect(localThreads('local-cluster[2,1,512]', 8)).toBeNull()
    expect(localThreads('spark://host:7077', 8)).toBeNull()
    expect(localThreads('yarn', 8)).toBeNull()
  })
})

describe('withAttempts', () => {
  it('says how often a local master tries, unless that is said', () => {
    expect(withAttempts('local', 3)).toBe('local[1,3]')
    expect(withAttempts('local[2]', 3)).toBe('local[2,3]')
    expect(withAttempts('local[*]', 4)).toBe('local[*,4]')
    expect(withAttempts('local[2,9]', 3)).toBe('local[2,9]')
    expect(withAttempts('spark://host:7077', 3)).toBe('spark://host:7077')
  })
})

describe('checkMaster', () => {
  it.each([
    ...['local', 'local[1]', 'local[*]', 'local[10, 4]', 'local[*,3]', 'local-cluster[2,1,512]', 'yarn'],
    ...['spark://host:7077', 'spark://10.0.0.1:7077,spark-2.example.org:7078', 'spark://[::1]:7077'],
    ...[
      'k8s://https://10.0.0.1:6443',
      'k8s://http://127.0.0.1:8001/proxy',
      'k8s://host:443',
      'k8s://https://[::1]:1',
    ],
    'mesos://zk://host:2181/mesos',
  ])('takes %s', (master) => {
    expect(() => checkMaster(master)).not.toThrow()
  })

  it.each([
    ...[
      'nonsense',
      '',
      'spark',
      'LOCAL',
      'local[]',
      'local[x]',
      'local[0]',
      'local[0,3]',
      'local[2',
      'local2',
      'local[-1]',
    ],
    ...[
      'spark://',
      'spark://host',
      'spark://host:',
      'spark://host:0',
      'spark://host:65536',
      'spark://host:7077/',
    ],
    ...[
      'spark://host:7077,',
      'spark://a_b:7077',
      'spark://host:x',
      'spark:/host:7077',
      'host:7077',
      'http://host:8080',
    ],
    ...['k8s://', 'k8s://https://', 'k8s://ftp://host', 'yarn-client', 'mesos://', ' local[2]'],
  ])('refuses %j, with what it takes', (master) => {
    expect(() => checkMaster(master)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: `Option --on is ${JSON.stringify(master)}: that is no master of Spark's.`,
        wayOut: expect.stringContaining('spark://HOST:PORT'),
      }),
    )
  })
})

describe('requireMaster', () => {
  it('finds that nobody listens, unless one of several masters does, and asks no other kind', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const there = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    // Not for everybody: a port below 1024 that nobody has.
    await expect(requireMaster('spark://127.0.0.1:9')).rejects.toMatchObject({
      code: 'io',
      message: expect.stringMatching(
        /^No master of Spark's listens at spark:\/\/127\.0\.0\.1:9: .*ECONNREFUSED/,
      ),
      wayOut: expect.stringContaining('spark://HOST:PORT'),
    })
    await requireMaster(`spark://${there}`)
    await requireMaster(`spark://127.0.0.1:9,${there}`)
    for (const other of ['local[2]', 'yarn', 'k8s://https://127.0.0.1:9']) await requireMaster(other)
  })
})
