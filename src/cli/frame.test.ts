import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Frame } from './frame.ts'

/** A terminal as far as frames need one: a cursor, lines that break at the margin unless told not to, and no scrolling. */
class Screen {
  #rows: string[][] = [[]]
  #row = 0
  #column = 0
  #wraps = true
  readonly #columns: number

  constructor(columns: number) {
    this.#columns = columns
  }

  write(text: string): void {
    for (const [piece] of text.matchAll(/\u001b\[\??\d*[A-Za-z]|[^\u001b]/gu)) {
      if (piece.startsWith('\u001b')) this.#act(piece)
      else this.#put(piece)
    }
  }

  text(): string {
    return this.#rows
      .map((cells) => cells.join('').trimEnd())
      .join('\n')
      .trimEnd()
  }

  get cursor(): readonly [row: number, column: number] {
    return [this.#row, this.#column]
  }

  #act(code: string): void {
    const [, number = '', letter] = /^\u001b\[(\??\d*)([A-Za-z])$/.exec(code) ?? []
    if (letter === 'A') this.#row = Math.max(0, this.#row - Number(number))
    else if (letter === 'K') this.#cells().length = Math.min(this.#cells().length, this.#column)
    else if (letter === 'J') {
      this.#cells().length = Math.min(this.#cells().length, this.#column)
      this.#rows.length = this.#row + 1
    } else if (number === '?7') this.#wraps = letter === 'h'
    else throw new Error(`What is ${JSON.stringify(code)}?`)
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0
    else if (character === '\n') [this.#row, this.#column] = [this.#row + 1, 0]
    else {
      if (this.#column === this.#columns && this.#wraps) [this.#row, this.#column] = [this.#row + 1, 0]
      this.#cells()[Math.min(this.#column, this.#columns - 1)] = character
      this.#column = Math.min(this.#columns, this.#column + 1)
    }
  }

  #cells(): string[] {
    while (this.#rows.length <= this.#row) this.#rows.push([])
    return this.#rows[this.#row] as string[]
  }
}

const columns = 12
/** No longer than a terminal of 12 columns, few of them, so that many are the same as before. */
const line = fc.constantFrom('map 1 %', 'map 2 %', 'é · ü', 'twelve cells', '', 'x')
const lines = fc.array(line, { minLength: 1, maxLength: 5 })

describe('Frame', () => {
  it('shows the last lines below what was said, whatever was shown before', () => {
    const act = fc.oneof(
      lines.map((shown) => ({ shown })),
      line.map((said) => ({ said })),
      fc.constant({ cleared: true as const }),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
        const [frame, screen] = [new Frame(), new Screen(columns)]
        const said: string[] = []
        let shown: readonly string[] = []
        for (const step of acts) {
          if ('shown' in step) {
            screen.write(frame.show(step.shown, columns))
            shown = step.shown
          } else if ('said' in step) {
            screen.write(`${frame.clear(columns)}${step.said}\n${frame.show(shown, columns)}`)
            said.push(step.said)
          } else {
            screen.write(frame.clear(columns))
            shown = []
          }
          expect(screen.text()).toBe([...said, ...shown].join('\n').trimEnd())
          expect(screen.cursor).toEqual([said.length + shown.length, 0])
        }
      }),
    )
  })

  it('writes nothing where nothing has changed, and only the lines that have', () => {
    const frame = new Frame()
    frame.show(['one', 'two', 'three'], 80)
    expect(frame.show(['one', 'two', 'three'], 80)).toBe('')
    expect(frame.show(['one', 'TWO', 'three'], 80)).toBe('\r\u001b[2A\u001b[KTWO\n\n')
    expect(frame.show(['one'], 80)).toBe('\r\u001b[2A\u001b[J')
    expect(frame.isEmpty).toBe(false)
  })

  it('takes away as many rows as its lines take in a terminal that was made narrower', () => {
    const frame = new Frame()
    frame.show(['0123456789', '\u001b[2m01234\u001b[22m', '日本語'], 20)
    expect(frame.show(['x'], 5)).toBe('\r\u001b[5A\u001b[Jx\n')
    expect(frame.show(['y'], 50)).toBe('\r\u001b[1A\u001b[Jy\n')
  })

  it('never lets a line break whose width terminals do not agree upon', () => {
    expect(new Frame().show(['👩‍👩‍👧', 'plain'], 20)).toBe('\u001b[?7l👩‍👩‍👧\u001b[?7h\nplain\n')
  })

  it('replaces nothing once it has forgotten what it showed', () => {
    const frame = new Frame()
    frame.show(['one'], 20)
    frame.forget()
    expect(frame.clear(20)).toBe('')
    expect(frame.show(['two'], 20)).toBe('\rtwo\n')
  })
})
