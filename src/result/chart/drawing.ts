/** What a picture shows, as plain data: what is drawn is decided before anything is drawn, whatever it is drawn with. */

import type { Amount } from './amounts.ts'

/** A picture: its words, and one panel, or several small ones to one scale. */
export interface Drawing {
  /** Name of its file without ending. */
  readonly name: string
  readonly title: string
  /** What the title does not say: conditions, what was added up. */
  readonly subtitle: string
  /** What is counted. */
  readonly unit: string
  /** Where a logarithmic scale begins, above 0; null where the scale is none. */
  readonly logFrom: number | null
  readonly content: Content
  /** What is left out of the picture on purpose, as sentences. */
  readonly notes: readonly string[]
  /** What is marked in it, each mark with what it means, as a sentence. */
  readonly marks: readonly Mark[]
  /** What the result lacks, as sentences; in every picture of it. */
  readonly warnings: readonly string[]
  /** Where it is from: job, run and digest. */
  readonly source: string
}

/** Nothing is known there; or only a part was read. */
export interface Mark {
  readonly mark: 'gap' | 'partial'
  readonly words: string
}

/** What lies between the words, by kind of chart. Labels are ready to be drawn, and lists in the order of drawing. */
export type Content =
  | { readonly kind: 'bars'; readonly series: readonly string[]; readonly panels: readonly BarsPanel[] }
  | {
      readonly kind: 'lines'
      readonly isStacked: boolean
      readonly axis: LineAxis
      readonly series: readonly string[]
      readonly panels: readonly LinesPanel[]
    }
  | {
      readonly kind: 'heat'
      readonly xs: readonly string[]
      readonly ys: readonly string[]
      /** Columns and rows that nothing is known of. */
      readonly gaps: { readonly xs: readonly number[]; readonly ys: readonly number[] }
      readonly panels: readonly HeatPanel[]
    }
  | { readonly kind: 'histogram'; readonly panels: readonly HistogramPanel[] }
  | { readonly kind: 'map'; readonly panels: readonly MapPanel[] }

interface Panel {
  /** null for the only one. */
  readonly title: string | null
}

/** A bar for each label, in one part or in several that are stacked. */
export interface BarsPanel extends Panel {
  /** Longest first. A part for each series. */
  readonly bars: readonly {
    readonly label: string
    readonly parts: readonly number[]
    readonly total: Amount
  }[]
}

/** What the lines of all panels have in common. */
export interface LineAxis {
  /** Days are YYYY-MM-DD, months YYYY-MM. */
  readonly kind: 'days' | 'months' | 'numbers' | 'names'
  /** In order, the same for all lines. */
  readonly places: readonly string[]
  /** Places in the list above that only a part was read of. */
  readonly partial: readonly number[]
}

/** Lines over the places that all panels have in common. */
export interface LinesPanel extends Panel {
  /** A list for each series, a number for each place; null is a gap: nothing is known there. */
  readonly values: readonly (readonly (number | null)[])[]
}

/** Cells by their places in `xs` and `ys`; where there is none, the table had no row. */
export interface HeatPanel extends Panel {
  readonly cells: readonly (readonly [x: number, y: number, value: Amount])[]
}

/** Bins in the order of their edges. */
export interface HistogramPanel extends Panel {
  /** From inclusive, to exclusive; the last one is inclusive where it is of single values. */
  readonly bins: readonly { readonly from: number; readonly to: number; readonly count: number }[]
}

/** Countries in no order; those without a value are drawn as land. */
export interface MapPanel extends Panel {
  /** By ISO 3166-1 code of two letters. */
  readonly values: readonly (readonly [code: string, value: Amount])[]
}
