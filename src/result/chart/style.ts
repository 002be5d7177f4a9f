/** Colours that people with any common colour blindness tell apart (Okabe and Ito 2008; the yellow, too pale on white, is last). */
export const seriesColors = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#e69f00',
  '#000000',
  '#999999',
] as const

/** Light to dark of one hue: the order is seen without telling colours apart. */
export const scaleColors = [
  '#e3eef9',
  '#b7d4ea',
  '#7fb9da',
  '#4a97c9',
  '#2171b5',
  '#08519c',
  '#08306b',
] as const

/** Colours by what they are for. Text has a contrast of 4.5 at least (WCAG 2.2, 1.4.3) on paper. */
export const ink = {
  title: '#111111',
  text: '#333333',
  faint: '#666666',
  line: '#bbbbbb',
  grid: '#e6e6e6',
  land: '#eeeeee',
  border: '#ffffff',
  paper: '#ffffff',
  warnPaper: '#fff3cd',
  warnInk: '#7a4b00',
  warnLine: '#e0a800',
  partial: '#dddddd',
} as const

/** Heights of letters in pixels, by what is written. */
export const size = { title: 22, subtitle: 13, label: 13, axis: 12, note: 12, warning: 14 } as const
