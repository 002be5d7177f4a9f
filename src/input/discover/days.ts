/** Arithmetic with days written YYYY-MM-DD, in the Gregorian calendar and without time zones. */

const dayMs = 86_400_000

/** Days since 1970-01-01. */
export function dayNumber(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / dayMs
}

/** The inverse of `dayNumber`, for the years 0 to 9999. */
export function dayFromNumber(number: number): string {
  return new Date(number * dayMs).toISOString().slice(0, 10)
}

/** Every day from the first to the last, both inclusive. */
export function daysBetween(from: string, to: string): string[] {
  const first = dayNumber(from)
  const length = Math.max(0, dayNumber(to) - first + 1)
  return Array.from({ length }, (_, index) => dayFromNumber(first + index))
}

/** 0 for one day of the week, 1 for the next, …: equal for equal weekdays. */
export function weekdayOf(day: string): number {
  return (((dayNumber(day) + 4) % 7) + 7) % 7
}
