import type { Fault } from '../../errors.ts'

/** What the process of an app tells whoever started it. The first is its answer, and it says no more. */
export type AppMessage =
  | { readonly type: 'listening' }
  /** Somebody else listens at the port. */
  | { readonly type: 'port-taken' }
  | { readonly type: 'failed'; readonly fault: Fault }

/** Is it one? What the user's code says over the same line is none of ours. */
export function isAppMessage(message: unknown): message is AppMessage {
  const type = typeof message === 'object' && message !== null && 'type' in message ? message.type : null
  return type === 'listening' || type === 'port-taken' || type === 'failed'
}
