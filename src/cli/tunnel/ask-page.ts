import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from '../../errors.ts'
import type { Upstream } from '../../host/index.ts'
import { printable } from '../../printable.ts'
import { helloPath, isOwnPage, isPageHello } from '../../web/index.ts'

/** Who answers at the other end. */
export type Answerer =
  /** Who was asked has the token: a page of the right user, at the right port. */
  | { readonly kind: 'own' }
  | { readonly kind: 'other-page' }
  | { readonly kind: 'stranger'; readonly what: string }
  | { readonly kind: 'silent'; readonly isLate: boolean }

/** How long a page may take to answer; its machine may be busy. */
const answerWithinMs = 8000
const answerCharactersMax = 4096
const nonceBytes = 24

/**
 * Asks who is at the other end, by a nonce that only the right page can answer. The token itself is not sent: a stranger would have it then.
 *
 * @param port that it listens at, over there
 */
export async function askPage(upstream: Upstream, token: string, port: number): Promise<Answerer> {
  const nonce = randomBytes(nonceBytes).toString('base64url')
  const answer = await onceListening(upstream, () => get(upstream, `${helloPath}?nonce=${nonce}`))
  if (answer === 'refused') return { kind: 'silent', isLate: false }
  if ('kind' in answer) return answer
  const said = parse(answer.text)
  if (isOwnPage(said, token, port, nonce)) return { kind: 'own' }
  if (isPageHello(said)) return { kind: 'other-page' }
  const server = answer.server === undefined ? '' : ` from ${JSON.stringify(printable(answer.server))}`
  return { kind: 'stranger', what: `HTTP ${answer.status}${server}` }
}

type Answer = { readonly status: number; readonly server: string | undefined; readonly text: string }

/** How often a connection that is refused is tried again, and after how long. */
const refusalsMax = 50
const againMs = 20

/** A socket of ssh's is there a moment before ssh listens at it, and refuses until then. */
async function onceListening<T>(
  upstream: Upstream,
  ask: () => Promise<T | 'refused'>,
): Promise<T | 'refused'> {
  const timesMax = 'path' in upstream ? refusalsMax : 1
  for (let time = 1; ; time++) {
    const answer = await ask()
    if (answer !== 'refused' || time === timesMax) return answer
    await sleep(againMs)
  }
}

function isRefused(error: Error): boolean {
  return errnoOf(error) === 'ECONNREFUSED'
}

function get(
  upstream: Upstream,
  path: string,
): Promise<Answer | Extract<Answerer, { kind: 'silent' | 'stranger' }> | 'refused'> {
  return new Promise((resolve) => {
    const to = 'path' in upstream ? { socketPath: upstream.path } : upstream
    let hasBegun = false
    const asked = request({ ...to, path, agent: false, headers: { host: '127.0.0.1' } }, (response) => {
      let text = ''
      hasBegun = true
      const finish = (): void => {
        clearTimeout(late)
        resolve({
          status: response.statusCode ?? 0,
          server: response.headers.server?.toString().slice(0, 40),
          text,
        })
        asked.destroy()
      }
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        if (text.length > answerCharactersMax) finish()
      })
      response.once('end', finish)
      response.once('error', finish)
    })
    const late = setTimeout(() => {
      resolve({ kind: 'silent', isLate: true })
      asked.destroy()
    }, answerWithinMs)
    asked.once('error', (error) => {
      clearTimeout(late)
      if (isRefused(error)) resolve('refused')
      // What answers, and not in HTTP, is no page.
      else if (/Parse Error/.test(error.message)) resolve({ kind: 'stranger', what: 'not in HTTP' })
      else if (!hasBegun) resolve({ kind: 'silent', isLate: false })
    })
    // Whatever became of it: nobody waits for ever.
    asked.once('close', () => resolve({ kind: 'silent', isLate: false }))
    asked.end()
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A server that takes a connection keeps it for longer, or says something. */
const keptMs = 300

/** Does anything take a connection there? Nothing is sent: an app may take note of every request. */
export async function takesConnections(upstream: Upstream): Promise<boolean> {
  return (await onceListening(upstream, () => takesConnection(upstream))) === true
}

function takesConnection(upstream: Upstream): Promise<boolean | 'refused'> {
  return new Promise((resolve) => {
    const socket = connect(upstream)
    const settle = (isTaken: boolean | 'refused'): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(isTaken)
    }
    const timer = setTimeout(() => settle(true), keptMs)
    socket.once('data', () => settle(true))
    socket.once('error', (error) => settle(isRefused(error) ? 'refused' : false))
    socket.once('close', () => settle(false))
    socket.once('end', () => settle(false))
  })
}
