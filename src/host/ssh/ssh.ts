/** How a laptop reaches a port of this machine. */

/**
 * The command to type on the laptop, so that its own port of the same number leads to this one: user, address and port
 * are those of the ssh connection this process was started in. Where there is none, `HOST` stands for the address.
 *
 * @param connection `$SSH_CONNECTION`: address and port of the client, then of this machine
 */
export function forwardCommand(port: number, user: string, connection: string | undefined): string {
  return `ssh -N -L ${port}:127.0.0.1:${port} ${sshTarget(user, connection)}`
}

/**
 * What ssh, and `tallyman tunnel`, are told to reach this machine: `-p 2222 ada@192.0.2.1`. As of `forwardCommand`. A number is nobody's name,
 * as in a container; `USER` stands for it.
 */
export function sshTarget(who: string, connection: string | undefined): string {
  const user = /^\d+$/.test(who) ? 'USER' : who
  const [, , address = '', sshPort] = (connection ?? '').split(' ')
  // A server that listens for both kinds of addresses sees those of the old kind as some of the new one.
  const host = address === '' ? 'HOST' : address.replace(/^::ffff:(?=\d+\.)/, '')
  const other = sshPort === undefined || sshPort === '22' ? '' : `-p ${sshPort} `
  return `${other}${shellWord(`${user}@${host}`)}`
}

/** A name from a directory may hold what shells act upon: `DOMAIN\ada`. */
function shellWord(text: string): string {
  return /^[\w@.:%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
