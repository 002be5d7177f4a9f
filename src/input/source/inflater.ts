import { constants, createInflateRaw } from 'node:zlib'

/** What one step did. It ends where the input is used up, the output is full, or the stream ends; and where `stop` says. */
export interface InflateStep {
  readonly inputBytes: number
  readonly outputBytes: number
}

/** Where a step reads and writes, and what may end it. */
export interface InflateOrder {
  readonly input: Buffer
  readonly output: Buffer
  readonly outputStart: number
  /** `input-is-all`: no more will come, and it is an error if the stream does not end with it. `block`: the next block boundary ends the step. */
  readonly stop: 'none' | 'block' | 'input-is-all'
}

/** Node's own zlib, behind its streams: a class that no documentation names. */
interface ZlibHandle {
  init(
    windowBits: number,
    level: number,
    memLevel: number,
    strategy: number,
    /** Bytes of output and of input that a step has left over. */
    leftOver: Uint32Array,
    stepEnded: () => void,
    dictionary: Buffer | undefined,
  ): void
  /** In the thread pool; ends with `stepEnded` or `onerror`. */
  write(...order: HandleOrder): void
  writeSync(...order: HandleOrder): void
  close(): void
  onerror: (message: string, errno: number, code: string) => void
}
type HandleOrder = [
  flush: number,
  input: Buffer,
  inputStart: number,
  inputBytes: number,
  output: Buffer,
  outputStart: number,
  outputBytes: number,
]
type HandleClass = new (mode: number) => ZlibHandle

/**
 * Versions of Node whose zlib is known to work as described here. It has no promise to, and asked in the wrong way it ends the process: so in
 * another version it is not asked, and `StreamInflate` reads what there is to read.
 */
const knownNodes: ReadonlySet<number> = new Set([20, 22, 24])

const windowBits = 15
/** What deflating would take; nobody looks at them. */
const [level, memLevel, strategy] = [-1, 8, 0]

const flushes = {
  none: constants.Z_NO_FLUSH,
  block: constants.Z_BLOCK,
  'input-is-all': constants.Z_FINISH,
} as const satisfies Record<InflateOrder['stop'], number>

/** Data that is no deflate stream, or one that is cut off (`Z_BUF_ERROR`). */
export class InflateError extends Error {
  override readonly name = 'InflateError'
  /** Of zlib: `Z_DATA_ERROR`, for one. */
  readonly code: string

  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

let handleClass: HandleClass | null | undefined

/** Can this Node inflate in steps? */
export function canInflateInSteps(): boolean {
  handleClass ??= findHandleClass()
  return handleClass !== null
}

/**
 * Inflates a deflate stream (RFC 1951) step by step, with nothing between the caller's buffers and zlib: what a stream does for each
 * piece costs as much as half of inflating it, and can tell neither block boundaries nor how much input is used. One step at a time.
 */
export class Inflater {
  readonly #handle: ZlibHandle
  readonly #leftOver = new Uint32Array(2)
  /** The step that is under way. Its buffers are held by it: zlib itself does not. */
  #step: {
    readonly order: InflateOrder
    readonly resolve: (step: InflateStep) => void
    readonly reject: (error: InflateError) => void
  } | null = null
  #failure: InflateError | null = null
  #isClosed = false

  /**
   * REQUIRES: `canInflateInSteps()`.
   *
   * @param window up to 32 KiB that stand before the stream, and that it may refer to
   */
  constructor(window: Buffer | null = null) {
    if (!canInflateInSteps() || !handleClass) throw new Error('this Node cannot inflate in steps')
    this.#handle = new handleClass(constants.INFLATERAW)
    const ended = (): void => this.#stepEnded()
    const dictionary = window === null || window.length === 0 ? undefined : window
    this.#handle.init(windowBits, level, memLevel, strategy, this.#leftOver, ended, dictionary)
    this.#handle.onerror = (message, _errno, code) => this.#stepFailed(new InflateError(message, code))
  }

  /** One step, in libuv's thread pool. It has begun when this returns. Rejects with an `InflateError`. */
  step(order: InflateOrder): Promise<InflateStep> {
    this.#requireOpen()
    return new Promise((resolve, reject) => {
      this.#step = { order, resolve, reject }
      this.#handle.write(...handleOrder(order))
    })
  }

  /** One step, here and now. Throws an `InflateError`. */
  stepNow(order: InflateOrder): InflateStep {
    this.#requireOpen()
    this.#handle.writeSync(...handleOrder(order))
    if (this.#failure !== null) throw this.#failure
    return this.#done(order)
  }

  /** Releases its memory, 50 KB or so. A step that is under way ends first. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#handle.close()
  }

  /** Zlib itself ends the process where it is used after its end. */
  #requireOpen(): void {
    if (this.#isClosed || this.#failure !== null || this.#step !== null)
      throw new Error('a decompressor that is closed, broken or at work was given a step')
  }

  #stepEnded(): void {
    const step = this.#step
    this.#step = null
    step?.resolve(this.#done(step.order))
  }

  #stepFailed(error: InflateError): void {
    const step = this.#step
    this.#step = null
    this.#failure = error
    step?.reject(error)
  }

  #done({ input, output, outputStart }: InflateOrder): InflateStep {
    const [outputLeft = 0, inputLeft = 0] = this.#leftOver
    return {
      inputBytes: input.length - inputLeft,
      outputBytes: output.length - outputStart - outputLeft,
    }
  }
}

function handleOrder({ input, output, outputStart, stop }: InflateOrder): HandleOrder {
  return [flushes[stop], input, 0, input.length, output, outputStart, output.length - outputStart]
}

function findHandleClass(): HandleClass | null {
  const stream = createInflateRaw()
  const found = handleClassOf(stream, process.versions.node)
  stream.destroy()
  return found
}

/** The class behind a stream of zlib; null where it is not known to work as described here. */
export function handleClassOf(stream: object, nodeVersion: string): HandleClass | null {
  const major = Number(nodeVersion.split('.', 1)[0])
  if (!knownNodes.has(major)) return null
  const handle: unknown = Reflect.get(stream, '_handle')
  if (typeof handle !== 'object' || handle === null) return null
  const found: unknown = handle.constructor
  const isWhole = ['init', 'write', 'writeSync', 'close'].every(
    (name) => typeof Reflect.get(handle, name) === 'function',
  )
  return isWhole ? (found as HandleClass) : null
}
