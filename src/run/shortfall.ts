/** Why a result is not complete. A run with one that was not accepted is refused. Plain data. */
export type Shortfall =
  /** An expected input that is missing, damaged, or without a record. */
  | {
      readonly kind: 'input'
      /** Path, or day, as it is accepted by. */
      readonly name: string
      /** Whole sentence, subject first. */
      readonly message: string
      readonly wayOut: string | null
      readonly accepted: boolean
    }
  /** More records were rejected than `--max-bad` allows. */
  | {
      readonly kind: 'rejected'
      readonly message: string
      readonly wayOut: string
      readonly accepted: boolean
    }
