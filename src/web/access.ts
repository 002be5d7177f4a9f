import type { MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { helloPath } from './page-hello.ts'
import { isToken } from './token.ts'

/**
 * Who may see the page: everyone on a shared machine can open its loopback ports, and every page in a browser can send
 * requests to them. So a request needs the token, and must be meant for this server by the page it comes from.
 */

/** How it is decided who may see the page. */
export interface AccessRules {
  readonly token: string
  /** Names a request may be addressed to beside those of the loopback address; a name of someone else's that leads here is refused. */
  readonly hosts: readonly string[]
}

const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** A month. The link gives another one. */
const cookieSeconds = 30 * 24 * 3600

/** What the browser may do with what it gets: nothing from elsewhere, nothing elsewhere, no script but the page's own file. */
const securityHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const

/** Lets in who has the token, once as `?token=`, from then on as a cookie; and nobody by another name. Whoever asks is told who the page is. */
export function requireAccess({ token, hosts }: AccessRules): MiddlewareHandler {
  return async (context, next) => {
    for (const [name, value] of Object.entries(securityHeaders)) context.header(name, value)
    const host = context.req.header('host') ?? ''
    const name = host.replace(/:\d+$/, '').toLowerCase()
    // DNS rebinding: a name of somebody else's that leads to this address would be of the same origin as the page.
    if (!loopbackNames.has(name) && !hosts.includes(name))
      return context.text(
        `This page answers to 127.0.0.1 and localhost, and not to the name ${JSON.stringify(name)}.\n`,
        403,
      )
    const origin = context.req.header('origin')
    const site = context.req.header('sec-fetch-site')
    const isForeign = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`
    if (isForeign || (site === 'cross-site' && context.req.method !== 'GET'))
      return context.text('This request comes from another site.\n', 403)
    if (context.req.method === 'GET' && context.req.path === helloPath) return await next()
    const cookie = cookieName(host)
    const given = context.req.query('token')
    if (given !== undefined && isToken(given, token)) {
      setCookie(context, cookie, token, {
        httpOnly: true,
        sameSite: 'Strict',
        path: '/',
        maxAge: cookieSeconds,
      })
      if (context.req.method === 'GET' || context.req.method === 'HEAD') {
        // Out of the address, so that it is not shown, kept in the history or sent on with a copied link.
        const url = new URL(context.req.url)
        url.searchParams.delete('token')
        // With two slashes it would be another host's.
        return context.redirect(`${url.pathname.replace(/^\/+/, '/')}${url.search}`, 303)
      }
      return await next()
    }
    if (isToken(getCookie(context, cookie) ?? '', token)) return await next()
    return context.text(
      'This page needs the link with the token that `tallyman serve` printed: http://127.0.0.1:PORT/?token=…\n`tallyman serve` prints it again.\n',
      401,
    )
  }
}

/** Cookies do not tell ports apart: two pages on one laptop, each through a tunnel of its own, would take each other's. */
function cookieName(host: string): string {
  return `tallyman-${/:(\d+)$/.exec(host)?.[1] ?? '80'}`
}
