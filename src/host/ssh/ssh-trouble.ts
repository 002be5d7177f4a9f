/** The links of the chain from a laptop's browser to a page, in the order in which they are passed. */
export type SshLink =
  | 'ssh'
  | 'host key'
  | 'authentication'
  | 'shell'
  | 'laptop port'
  | 'forwarding'
  | 'listener'
  | 'page'

/** Which link is broken, in a sentence without its end, and what mends it. */
export interface SshTrouble {
  readonly link: SshLink
  readonly reason: string
  readonly wayOut: string
  /** May it be over by itself, as when a laptop has slept or changes its network? */
  readonly isPassing: boolean
}

/** What ssh says, what that means, and what mends it. `$0` is what it said; HOST what was to be reached. */
const troubles: readonly (readonly [
  said: RegExp,
  link: SshLink,
  reason: string,
  wayOut: string,
  isPassing?: true,
])[] = [
  [
    /^ssh: command not found$/m,
    'ssh',
    'this computer has no ssh',
    'Install it: apt-get install openssh-client on Debian; on Windows it is the optional feature OpenSSH Client.',
  ],
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    'host key',
    'HOST shows another key than it did before: it was set up anew, or somebody is in between',
    'Ask who runs it. If the new key is right, forget the old one as ssh says above (ssh-keygen -R …), and try again.',
  ],
  [
    /Host key verification failed|No \w+ host key is known/,
    'host key',
    'the key that HOST shows is not known here, and was not accepted',
    'Connect once by hand, `ssh HOST`, compare the key with what its administrators say, and answer yes.',
  ],
  [
    /UNPROTECTED PRIVATE KEY FILE|bad permissions/i,
    'authentication',
    'a private key may be read by others, so ssh does not use it',
    'chmod 600 the key that ssh names above, and try again.',
  ],
  [
    /Too many authentication failures/,
    'authentication',
    'HOST ended it after too many keys that it does not know',
    'Say which key it is: -i KEY -o IdentitiesOnly=yes.',
  ],
  [
    /^.*Permission denied \(([^)]*)\)/m,
    'authentication',
    'HOST does not let this user in: $0',
    'Is the user name right? With a key: `ssh-copy-id HOST` puts it there, -i KEY names another one. Try `ssh HOST` by hand.',
  ],
  [
    /Could not resolve hostname.*$/m,
    'ssh',
    'there is no machine of that name, or no network: $0',
    'Is the name right, as `ssh HOST` takes it? Are you online, and inside of the network (VPN) if it needs that?',
    true,
  ],
  [
    /^.*connect to (?:address|host) .*Connection refused.*$/m,
    'ssh',
    'no ssh server listens there: $0',
    'Is the port right? -p N says another one.',
    true,
  ],
  [
    /^.*(?:timed out|No route to host|Network is unreachable|Host is down|Can't assign requested address).*$/im,
    'ssh',
    'HOST is not reached: $0',
    'Are you online, and inside of the network (VPN) if it needs that? By a jump host: -J USER@JUMPHOST.',
    true,
  ],
  [
    /^.*(?:bad configuration option|no argument after keyword|keyword .* extra arguments|Bad owner or permissions|unknown option|illegal option|invalid \w+ argument|unsupported option).*$/im,
    'ssh',
    'ssh does not take its configuration or options: $0',
    'Mend what it names, in ~/.ssh/config or in what was given with -o.',
  ],
  [
    /^.*(?:no matching .* found|Unable to negotiate).*$/m,
    'ssh',
    'this ssh and that of HOST have no method in common: $0',
    'Update the older one of the two.',
  ],
  [
    /^.*administratively prohibited.*$/m,
    'forwarding',
    'HOST does not forward ports for this user: $0',
    'Ask who runs it to allow it (AllowTcpForwarding local and PermitOpen in sshd_config; port-forwarding in authorized_keys), or use another machine of theirs as a way in: -J.',
  ],
  [
    /^.*(?:unix_listener|cannot listen|Address already in use|cannot bind|Could not request local forwarding).*$/im,
    'laptop port',
    'ssh cannot listen on this computer: $0',
    'Try again; another port is taken then.',
    true,
  ],
  [
    /account is currently not available|This service allows sftp connections only|nologin/i,
    'shell',
    'this user may log in to HOST, and run nothing there',
    'Say which page it is: --link LINK, as `tallyman serve` printed it.',
  ],
  [
    /^.*connect failed: Connection refused.*$/m,
    'listener',
    'nothing listens at that port of HOST: $0',
    'Start it there: tallyman serve. It prints the port it has.',
    true,
  ],
]

/**
 * Makes of what ssh said on stderr before it ended, or as a connection through it failed, which link of the chain is broken. Never throws.
 *
 * @param host what was to be reached, as it was typed
 */
export function explainSsh(stderr: string, host: string): SshTrouble {
  const known = troubles.find(([said]) => said.test(stderr))
  const place = placeOf(stderr, host)
  if (known === undefined) {
    const said = lastLine(stderr)
    return {
      link: 'ssh',
      reason: `the connection to ${place} ended: ${said}`,
      wayOut: `Try \`ssh ${host}\` by hand; ssh -v says more.`,
      isPassing: true,
    }
  }
  const [pattern, link, reason, wayOut, isPassing = false] = known
  const said = (pattern.exec(stderr)?.[0] ?? '').trim().replace(/\.$/, '')
  // Not by a pattern: what a server says may hold a dollar sign.
  return {
    link,
    reason: reason.split('HOST').join(place).split('$0').join(said),
    wayOut: wayOut.replaceAll(/(?<!JUMP)HOST/g, () => host),
    isPassing,
  }
}

/** Through a jump host, ssh does not know where the other end is: it was that one which failed. */
function placeOf(stderr: string, host: string): string {
  return /UNKNOWN port 65535/.test(stderr) ? `the jump host on the way to ${host}` : host
}

function lastLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.findLast((line) => line !== '')?.replace(/\.$/, '') ?? 'it said nothing'
}
