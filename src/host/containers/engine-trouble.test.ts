import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { explainEngine } from './engine-trouble.ts'

describe('explainEngine', () => {
  it.each([
    ['cgroups in hybrid mode not supported', 'apt-get install -y runc'],
    ['Error: OCI runtime error: runc: setrlimit `RLIMIT_NOFILE`: Operation not permitted', 'ulimit -Hn'],
    ['slirp4netns failed: open("/dev/net/tun"): Permission denied', 'chmod 666 /dev/net/tun'],
    [
      'cannot find UID/GID for user eve: no subuid ranges found for user "eve" in /etc/subuid',
      'usermod --add-subuids',
    ],
    [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      'DOCKER_HOST',
    ],
    [
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock',
      'group docker',
    ],
    ['Error: x: image not known', '--image'],
    ['rootlessport listen tcp 127.0.0.1:5678: bind: address already in use', '--port N'],
    ['pinging container registry registry-1.docker.io: dial tcp: no such host', '--build-arg BASE'],
    ['writing blob: no space left on device', 'tallyman clean --images'],
  ])('says what mends %j', (said, wayOut) => {
    expect(explainEngine(`time="…" level=warning msg="not this"\n${said}\n`)).toMatchObject({
      reason: expect.stringContaining(said.replace(/^Error: /, '').slice(0, 20)),
      wayOut: expect.stringContaining(wayOut),
    })
  })

  it('names a range of ids that nobody has', () => {
    const { wayOut } = explainEngine('no subuid ranges found for user "eve" in /etc/subuid')
    const [, from = '', to = ''] = /--add-subuids (\d+)-(\d+) --add-subgids \1-\2 /.exec(wayOut ?? '') ?? []
    expect(Number(to) - Number(from)).toBe(65_535)
    const taken = existsSync('/etc/subuid') ? readFileSync('/etc/subuid', 'utf8').split('\n') : []
    for (const line of taken.filter((text) => text !== '')) {
      const [, start, count] = line.split(':').map(Number)
      expect(Number(from)).toBeGreaterThanOrEqual((start ?? 0) + (count ?? 0))
    }
  })

  it('gives the last line that is an error, where nothing is known of it', () => {
    const said = 'Error: it is Tuesday.\ntime="x" level=warning msg="and it rains"\n'
    expect(explainEngine(said)).toEqual({ reason: 'it is Tuesday', wayOut: null })
    expect(explainEngine('')).toEqual({ reason: 'it said nothing', wayOut: null })
  })
})
