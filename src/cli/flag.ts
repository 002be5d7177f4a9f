/** What a flag takes. */
export type FlagKind =
  | { readonly kind: 'switch' }
  /** Any text; `repeat` collects several. */
  | { readonly kind: 'text'; readonly placeholder: string; readonly repeat?: true }
  /** A whole number from `least`, up to `most` where that is said. */
  | { readonly kind: 'count'; readonly placeholder: string; readonly least: number; readonly most?: number }
  /** Bytes, with K, M, G or T for powers of 1024. */
  | { readonly kind: 'size'; readonly placeholder: string; readonly words?: readonly string[] }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }

/** A row of the table of flags, of which parser, help, man page and completions are made. */
export interface Flag {
  /** Without the dashes. */
  readonly name: string
  /** One letter, without the dash. */
  readonly short?: string
  readonly takes: FlagKind
  /** What it is or does, as a sentence without its capital and full stop; the default last. */
  readonly help: string
  /** Commands that take it; absent: all. A flag that means different things stands here once for each meaning. */
  readonly commands?: readonly string[]
}

/** What a flag is followed by, as help shows it; empty for a switch. */
export function placeholderOf({ takes }: Flag): string {
  switch (takes.kind) {
    case 'switch':
      return ''
    case 'choice':
      return takes.choices.join('|')
    default:
      return takes.placeholder
  }
}
