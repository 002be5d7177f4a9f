import { TallymanError } from '../../errors.ts'

/** How something stands: it works; it works, and will hurt at times; what is there does not work. */
export type Verdict = 'fine' | 'will-hurt' | 'broken'

/** A command that mends something. It is printed, and never run. */
export interface Fix {
  readonly command: string
  readonly asRoot: boolean
}

/** One thing that was looked at. */
export interface Finding {
  readonly about: string
  readonly verdict: Verdict
  readonly what: string
  /** When it will hurt, in words: the rest of a sentence that begins with "hurts"; null otherwise. */
  readonly hurts: string | null
  /** What mends it, as a sentence; null where nothing is to be mended, or nothing known. */
  readonly wayOut: string | null
  readonly fixes: readonly Fix[]
}

/** What mends something: a sentence, and commands where it takes some. */
export interface Mending {
  readonly wayOut?: string | undefined
  readonly fixes?: readonly Fix[]
}

/** Nothing is to be mended. `what` is what was found: the rest of a sentence, without a full stop. */
export function fine(about: string, what: string): Finding {
  return { about, verdict: 'fine', what, hurts: null, wayOut: null, fixes: [] }
}

/** It works, but not always: `hurts` says when, as in {@link Finding}. */
export function willHurt(about: string, what: string, hurts: string, mending: Mending = {}): Finding {
  return {
    about,
    verdict: 'will-hurt',
    what,
    hurts,
    wayOut: mending.wayOut ?? null,
    fixes: mending.fixes ?? [],
  }
}

/** What is there does not work, or is not there; the exit code of `doctor` says so. */
export function broken(about: string, what: string, mending: Mending = {}): Finding {
  return {
    about,
    verdict: 'broken',
    what,
    hurts: null,
    wayOut: mending.wayOut ?? null,
    fixes: mending.fixes ?? [],
  }
}

/** Commands that an administrator has to type, in the order given. */
export function asRoot(...commands: readonly string[]): Fix[] {
  return commands.map((command) => ({ command, asRoot: true }))
}

/** Commands that whoever asked may type, in the order given. */
export function asUser(...commands: readonly string[]): Fix[] {
  return commands.map((command) => ({ command, asRoot: false }))
}

/** Null where it is done; the error that says what is lacking. Throws any other. */
export async function lackOf(work: () => Promise<unknown>): Promise<TallymanError | null> {
  try {
    await work()
    return null
  } catch (error) {
    if (error instanceof TallymanError) return error
    throw error
  }
}

/** A message without its full stop, to stand in a sentence. */
export function sentenceOf({ message }: Error): string {
  return message.replace(/\.$/, '')
}
