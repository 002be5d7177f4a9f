import { widthOf } from './cells.ts'

/**
 * Lines on a terminal that others replace, drawn where the cursor is and never on a screen of their own. Nothing of the terminal is
 * changed that would have to be put back: whoever is killed in the middle leaves whole lines, and the cursor below them.
 */
export class Frame {
  #lines: readonly string[] = []
  #columns = 0

  get isEmpty(): boolean {
    return this.#lines.length === 0
  }

  /** What has to be written so that these lines are shown in place of those before: only what is different. Empty where nothing is. */
  show(lines: readonly string[], columns: number): string {
    const before = this.#lines
    if (columns !== this.#columns) {
      const erased = this.clear(columns)
      this.#lines = [...lines]
      this.#columns = columns
      return erased + lines.map((line) => `${unwrapped(line)}\n`).join('')
    }
    this.#lines = [...lines]
    const first = lines.findIndex((line, index) => line !== before[index])
    if (first === -1 && lines.length === before.length) return ''
    const from = first === -1 ? lines.length : first
    let text = `\r${up(before.length - from)}`
    for (const [index, line] of lines.entries()) {
      if (index < from) continue
      text +=
        index < before.length
          ? line === before[index]
            ? '\n'
            : `\u001b[K${unwrapped(line)}\n`
          : `${unwrapped(line)}\n`
    }
    return before.length > lines.length ? `${text}\u001b[J` : text
  }

  /** What has to be written so that nothing of them is left, and the cursor is where they began. */
  clear(columns: number): string {
    if (this.#lines.length === 0) return ''
    const rows = this.#lines.reduce((sum, line) => sum + rowsOf(line, this.#columns, columns), 0)
    this.#lines = []
    return `\r${up(rows)}\u001b[J`
  }

  /** Somebody else has written below them, so they are not replaced any more. */
  forget(): void {
    this.#lines = []
  }
}

/** A terminal that was made narrower has broken lines that do not fit any more; in a wider one a line is still one. */
function rowsOf(line: string, drawnAt: number, columns: number): number {
  if (columns >= drawnAt) return 1
  return Math.max(1, Math.ceil(widthOf(withoutColours(line)) / columns))
}

function withoutColours(line: string): string {
  return line.replaceAll(/\u001b\[\d+m/g, '')
}

function up(rows: number): string {
  return rows === 0 ? '' : `\u001b[${rows}A`
}

/** How wide a character is, terminals do not agree upon: one that takes more than was thought is cut, and breaks no line. */
function unwrapped(line: string): string {
  return /^[ -~\u001b]*$/.test(line) ? line : `\u001b[?7l${line}\u001b[?7h`
}

/** Shown at once by terminals that know synchronized output; others pass over it. */
export function together(text: string): string {
  return `\u001b[?2026h${text}\u001b[?2026l`
}
