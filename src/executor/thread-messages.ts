import type { ToWorker } from './messages.ts'
import type { OutputStream } from './output-marks.ts'

/** From the coordinator to the process that worker threads live in. `life` numbers threads; it is never used again. */
export type ToHost =
  | { readonly type: 'open'; readonly life: number; readonly heapBytes: number }
  | { readonly type: 'say'; readonly life: number; readonly message: ToWorker }
  | { readonly type: 'kill'; readonly life: number }

/** From that process to the coordinator. After `gone` a life says nothing more. What a thread said is as it was encoded. */
export type FromHost =
  | { readonly type: 'said'; readonly life: number; readonly json: string }
  | {
      readonly type: 'printed'
      readonly life: number
      readonly stream: OutputStream
      readonly base64: string
    }
  | {
      readonly type: 'gone'
      readonly life: number
      readonly exitCode: number
      readonly error: { readonly code: string; readonly message: string } | null
    }

/** Is this something that process may say? Checked, since the jobs in it can write on its line. */
export function isFromHost(message: unknown): message is FromHost {
  if (typeof message !== 'object' || message === null || !('type' in message) || !('life' in message))
    return false
  switch (message.type) {
    case 'said':
      return 'json' in message && typeof message.json === 'string'
    case 'printed':
      return (
        'stream' in message &&
        (message.stream === 'stdout' || message.stream === 'stderr') &&
        'base64' in message &&
        typeof message.base64 === 'string'
      )
    case 'gone':
      return 'exitCode' in message && 'error' in message
    default:
      return false
  }
}
