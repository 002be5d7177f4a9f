/** How a laptop reaches a port of this machine. */

/**
 * The command to type on the laptop, so that its own port of the same number leads to this one: user, address and port
 * are those of the ssh connection this process was started in. Where there is none, `HOST` stands for the address.
 *
 * @param connection `$SSH_CONNECTION`: address and port of the client, then of this machine
 */
export function forwardCommand(port: number, user: string, connection: string | undefined): string {
  const [, , address, sshPort] = (connection ?? '').split(' ')
  const host = address === undefined || address === '' ? 'HOST' : address
  const other = sshPort === undefined || sshPort === '22' ? '' : `-p ${sshPort} `
  return `ssh -N -L ${port}:127.0.0.1:${port} ${other}${user}@${host}`
}
