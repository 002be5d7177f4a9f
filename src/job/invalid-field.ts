import { TallymanError } from '../errors.ts'
import { quote } from './show-value.ts'

/** What is wrong with one field of a job, and how it should be. */
export function invalidField(field: string, what: string, wayOut: string): TallymanError {
  return new TallymanError('job-invalid', `Job field ${quote(field)} ${what}.`, { wayOut })
}
