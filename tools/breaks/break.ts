/** A promise of the design, broken on purpose in one place of the sources. */

/** Tests that say so, by a part of their full name: `describe` and `it`, joined by spaces. */
export interface Noticing {
  readonly file: string
  readonly name: string
}

/** One way to break a promise. */
export interface Break {
  /** Names it on the command line. */
  readonly name: string
  /** What is wrong then, as a person would say it. */
  readonly what: string
  readonly file: string
  /** Stands there once. */
  readonly text: string
  readonly replacement: string
  /** At least one of these fails then. */
  readonly noticedBy: readonly Noticing[]
}

/** All the ways in which one promise is broken. */
export interface BrokenPromise {
  /** Its number in the design. */
  readonly number: number
  /** Its first words. */
  readonly promise: string
  readonly breaks: readonly Break[]
}

/**
 * The source with the break in it.
 *
 * @throws where its text is not there, or more than once: then nobody knows any more what the break is
 */
export function broken(source: string, { name, file, text, replacement }: Break): string {
  const often = source.split(text).length - 1
  if (often !== 1)
    throw new Error(
      `Break "${name}" does not fit any more: ${file} has its text ${often} times. Find what became of that code, and break it there.`,
    )
  // A function: in a text, `$` would have a meaning.
  return source.replace(text, () => replacement)
}
