import { describe, expect, it } from 'vitest'
import { explainSsh } from './ssh-trouble.ts'

describe('explainSsh', () => {
  it.each([
    ['ssh: command not found', 'ssh', /has no ssh/],
    ['ssh: Could not resolve hostname box: Name or service not known', 'ssh', /no machine of that name/],
    ['ssh: connect to host box port 22: Connection refused', 'ssh', /no ssh server listens there/],
    ['ssh: connect to host box port 22: Connection timed out', 'ssh', /box is not reached: .*timed out/],
    ['ssh: connect to host box port 22: No route to host', 'ssh', /not reached/],
    ['Timeout, server box not responding.', 'ssh', /ended: Timeout, server box not responding$/],
    ['client_loop: send disconnect: Broken pipe', 'ssh', /ended: client_loop/],
    ['kex_exchange_identification: Connection closed by remote host', 'ssh', /ended/],
    ['command-line: line 0: Bad configuration option: nonsense', 'ssh', /configuration or options/],
    [
      'Unable to negotiate with 192.0.2.1 port 22: no matching host key type found.',
      'ssh',
      /no method in common/,
    ],
    [
      '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.',
      'host key',
      /another key/,
    ],
    ['Host key verification failed.', 'host key', /not known here/],
    [
      'ada@box: Permission denied (publickey,password).',
      'authentication',
      /Permission denied \(publickey,password\)$/,
    ],
    [
      'Received disconnect from 192.0.2.1: Too many authentication failures',
      'authentication',
      /too many keys/,
    ],
    ['This account is currently not available.', 'shell', /run nothing there/],
    ['channel 2: open failed: administratively prohibited: open failed', 'forwarding', /does not forward/],
    ['channel 2: open failed: connect failed: Connection refused', 'listener', /nothing listens/],
    [
      'bind [127.0.0.1]:50123: Address already in use\nCould not request local forwarding.',
      'laptop port',
      /listen/,
    ],
  ])('names the link of %j', (said, link, reason) => {
    expect(explainSsh(`${said}\n`, 'box')).toMatchObject({ link, reason: expect.stringMatching(reason) })
  })

  it('tries again what a laptop meets that wakes up elsewhere, and nothing that would be refused each time', () => {
    const isPassing = (said: string): boolean => explainSsh(said, 'box').isPassing
    expect(
      ['connect to host box port 22: Network is unreachable', 'Could not resolve hostname box', ''].map(
        isPassing,
      ),
    ).toEqual([true, true, true])
    expect(
      ['ada@box: Permission denied (publickey).', 'Host key verification failed.'].map(isPassing),
    ).toEqual([false, false])
  })

  it('names the jump host where it was that one, and keeps a dollar sign that was said', () => {
    const said = 'ada@jump: Permission denied (publickey).\nConnection closed by UNKNOWN port 65535'
    expect(explainSsh(said, 'box').reason).toBe(
      'the jump host on the way to box does not let this user in: ada@jump: Permission denied (publickey)',
    )
    expect(explainSsh('ssh: Could not resolve hostname $&: no', 'box').reason).toContain('hostname $&: no')
  })
})
