/**
 * Where a page is opened that listens at a port of the loopback address: by the address's number, since at another one that `localhost` may stand
 * for somebody else can listen.
 *
 * @param token that opens it; null for an app, which has none
 */
export function pageLink(port: number, token: string | null, path = '/'): string {
  return `http://127.0.0.1:${port}${path}${token === null ? '' : `?token=${token}`}`
}
