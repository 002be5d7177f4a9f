import { createHmac } from 'node:crypto'
import { isToken } from './token.ts'

/** Where a page says who it is, to whoever asks; it tells nothing else. */
export const helloPath = '/hello'

/** What is said there. */
export interface PageHello {
  readonly format: 'tallyman page'
  readonly version: 1
  /** Shows that it has the token, and listens at this port. */
  readonly proof: string
}

/** What one may be asked to prove it with: more chance than anyone guesses, and no more than a line. */
const nonceShape = /^[A-Za-z0-9_-]{16,128}$/

/**
 * The proof that a page has a token, for a nonce that was never used before: HMAC-SHA256 (RFC 2104) under the token, in base64url. The port is
 * in it, since whoever listens at another one could pass the question on to the true page, and its answer back.
 *
 * @returns null for what is no nonce
 *
 * @example
 * provePage('a'.repeat(32), 50_123, 'n'.repeat(32))?.length // 43
 */
export function provePage(token: string, port: number, nonce: string): string | null {
  if (!nonceShape.test(nonce)) return null
  return createHmac('sha256', token).update(`tallyman page\n${port}\n${nonce}`).digest('base64url')
}

/** Is it what a page says of itself, and does it prove that? */
export function isOwnPage(said: unknown, token: string, port: number, nonce: string): boolean {
  const proof = provePage(token, port, nonce)
  return isPageHello(said) && proof !== null && isToken(said.proof, proof)
}

/** Is it what a page of tallyman says, whoever's? */
export function isPageHello(said: unknown): said is PageHello {
  if (typeof said !== 'object' || said === null) return false
  const { format, proof } = said as Partial<Record<keyof PageHello, unknown>>
  return format === 'tallyman page' && typeof proof === 'string'
}
