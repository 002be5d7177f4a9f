import { TallymanError } from '../errors.ts'

/** What a job emits or counts when the map that started it has returned: it would be lost, or count as another record's. */
export class Late {
  readonly #told: ((error: TallymanError) => void) | undefined
  #first: TallymanError | null = null

  /** @param told is told of each */
  constructor(told?: (error: TallymanError) => void) {
    this.#told = told
  }

  /** Remembered, since the job may catch it where it emits. */
  get first(): TallymanError | null {
    return this.#first
  }

  /** Makes the error that the job gets. */
  refuse(what: string): TallymanError {
    const error = new TallymanError('job-threw', `${what} after its record's map had returned.`, {
      wayOut: 'Await everything the map starts before it returns.',
    })
    this.#first ??= error
    this.#told?.(error)
    return error
  }
}
