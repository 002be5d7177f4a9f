/** Room that one record with many emits has made is not kept for the next ones. */
const keptMax = 1024

/** What a record has emitted, in lists that are filled anew for each record: of each emit the table, its key's number and the value. */
export class PendingEmits {
  tables: number[] = []
  numbers: number[] = []
  values: unknown[] = []
  count = 0

  push(table: number, number: number, value: unknown): void {
    const { count } = this
    this.tables[count] = table
    this.numbers[count] = number
    this.values[count] = value
    this.count = count + 1
  }

  /** Forgets all, and holds no value any more. */
  clear(): void {
    if (this.tables.length > keptMax) {
      this.tables = []
      this.numbers = []
      this.values = []
    } else {
      for (let index = 0; index < this.count; index++) this.values[index] = undefined
    }
    this.count = 0
  }
}
