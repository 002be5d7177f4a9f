import type { ToWorker } from './messages.ts'

/** From the coordinator to the process that worker threads live in. `life` numbers threads; it is never used again. */
export type ToHost =
  | { readonly type: 'open'; readonly life: number; readonly heapBytes: number }
  | { readonly type: 'say'; readonly life: number; readonly message: ToWorker }
  | { readonly type: 'kill'; readonly life: number }

/** From that process to the coordinator. After `gone` a life says nothing more. */
export type FromHost =
  | { readonly type: 'said'; readonly life: number; readonly message: unknown }
  | {
      readonly type: 'gone'
      readonly life: number
      readonly exitCode: number
      readonly error: { readonly code: string; readonly message: string } | null
    }
