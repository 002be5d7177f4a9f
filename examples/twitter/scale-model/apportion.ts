/** Whole numbers that follow fractions, so that sums over the year stay true however small the days get. */

/** Rounds a stream of fractions so that every running sum is the rounded running sum (error diffusion). */
export class Steps {
  #owed = 0
  #paid = 0

  /** The whole number for the next fraction. */
  next(amount: number): number {
    this.#owed += amount
    const whole = Math.round(this.#owed) - this.#paid
    this.#paid += whole
    return whole
  }
}

/** What each of several names is owed and has not got yet. */
export class Debts {
  readonly #owed: Float64Array

  constructor(names: number) {
    this.#owed = new Float64Array(names)
  }

  /** Adds to what each name is owed. */
  owe(amounts: readonly number[], scale: number): void {
    for (let at = 0; at < this.#owed.length; at++) this.#owed[at]! += (amounts[at] ?? 0) / scale
  }

  /** Gives one to a name. */
  pay(at: number): void {
    this.#owed[at]! -= 1
  }

  /** The name that is owed most, `bonus` added; of equals the first. */
  largest(bonus: (at: number) => number = () => 0): number {
    let best = 0
    let bestOwed = Number.NEGATIVE_INFINITY
    for (let at = 0; at < this.#owed.length; at++) {
      const owed = this.#owed[at]! + bonus(at)
      if (owed > bestOwed) {
        best = at
        bestOwed = owed
      }
    }
    return best
  }

  /** Gives out exactly `total`, to each name what it is owed, rounded by largest remainders. Returns what each got. */
  settle(total: number): number[] {
    const given = Array.from(this.#owed, (owed) => Math.max(0, Math.floor(owed)))
    const sum = given.reduce((left, right) => left + right, 0)
    // Others may be owed less than nothing, having been paid ahead: then there is less to give than is owed.
    if (sum > total) for (const [at, count] of given.entries()) given[at] = Math.floor((count * total) / sum)
    let rest = total
    for (const [at, count] of given.entries()) {
      this.#owed[at]! -= count
      rest -= count
    }
    for (; rest > 0; rest--) {
      const at = this.largest()
      given[at]! += 1
      this.pay(at)
    }
    return given
  }
}
