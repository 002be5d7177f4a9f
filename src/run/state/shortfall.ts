/** Why a result is not complete. A run with one that was not accepted is refused. Plain data. */
export type Shortfall =
  /** An expected input that is missing, damaged, or without a record. */
  | {
      readonly kind: 'input'
      /** File, member or day. */
      readonly name: string
      /** Whole sentence, subject first. */
      readonly message: string
      readonly wayOut: string | null
      readonly accepted: boolean
    }
  /** More records were rejected than are tolerated. */
  | {
      readonly kind: 'rejected'
      readonly message: string
      readonly wayOut: string
      readonly accepted: boolean
    }
