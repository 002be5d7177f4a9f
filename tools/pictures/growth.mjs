// @ts-check
/**
 * `node tools/pictures/growth.mjs bench/runs/…-growth.json > docs/pictures/growth.svg` draws the points of a record of `bench/growth.mjs`: a panel for
 * each thing that grows, seconds and memory against it, both axes in powers of ten.
 */
import { readFileSync } from 'node:fs'

/** @typedef {{ readonly at: number, readonly wallSeconds: number, readonly cpuSeconds: number, readonly peakBytes: number }} Point */
/** @typedef {{ readonly name: string, readonly says: string, readonly points: readonly Point[] }} Growth */

const [file = ''] = process.argv.slice(2)
/** @type {{ readonly measured: readonly Growth[] }} */
const { measured } = JSON.parse(readFileSync(file, 'utf8'))

const panel = { width: 370, height: 250, left: 50, right: 50, top: 44, bottom: 34 }
const series = /** @type {const} */ ([
  ['cpu', 'CPU s', (/** @type {Point} */ point) => point.cpuSeconds],
  ['wall', 's', (/** @type {Point} */ point) => point.wallSeconds],
  ['memory', 'GiB', (/** @type {Point} */ point) => point.peakBytes / 2 ** 30],
])

/**
 * A scale in powers of ten from one power to another, with its marks.
 *
 * @param {readonly number[]} list
 * @param {number} from
 * @param {number} to
 */
function scaleOf(list, from, to) {
  const least = Math.floor(Math.log10(Math.min(...list)))
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...list))))
  const place = (/** @type {number} */ value) =>
    from + ((to - from) * (Math.log10(value) - least)) / (most - least)
  return { place, marks: Array.from({ length: most - least + 1 }, (_, index) => 10 ** (least + index)) }
}

/**
 * A scale from nought, for few whole numbers.
 *
 * @param {readonly number[]} list
 * @param {number} from
 * @param {number} to
 */
function plainScale(list, from, to) {
  const most = Math.max(...list) + 0.5
  return { place: (/** @type {number} */ value) => from + ((to - from) * value) / most, marks: list }
}

/** @param {number} value */
function show(value) {
  if (value >= 1e6) return `${value / 1e6} M`
  if (value >= 1e4) return `${value / 1e3} k`
  return `${Number(value.toPrecision(3))}`
}

/** What grows, and below it what is held. @param {string} says */
function titleOf(says) {
  const place = says.indexOf(', ')
  return place < 0 ? [says] : [says.slice(0, place), says.slice(place + 2)]
}

/**
 * @param {Growth} growth
 * @param {number} index
 */
function draw({ says, points }, index) {
  const { width, height, left, right, top, bottom } = panel
  const at = points.map((point) => point.at)
  const x = (at.length > 0 && Math.max(...at) < 20 ? plainScale : scaleOf)(at, left, width - right)
  const y = scaleOf(
    points.flatMap((point) => series.map(([, , value]) => value(point))),
    height - bottom,
    top,
  )
  const grid = [
    ...x.marks.map(
      (mark) =>
        `<path class="grid" d="M${x.place(mark)} ${top} V${height - bottom}"/><text class="mark" x="${x.place(mark)}" y="${height - bottom + 16}">${show(mark)}</text>`,
    ),
    ...y.marks.map(
      (mark) =>
        `<path class="grid" d="M${left} ${y.place(mark)} H${width - right}"/><text class="side" x="${left - 6}" y="${y.place(mark) + 4}">${show(mark)}</text>`,
    ),
  ]
  const ends = series
    .map(([name, unit, value]) => ({ name, unit, y: y.place(value(/** @type {Point} */ (points.at(-1)))) }))
    .sort((a, b) => a.y - b.y)
  // Names of lines that end close together are moved apart.
  for (const [place, end] of ends.entries()) {
    const before = ends[place - 1]
    if (before !== undefined) end.y = Math.max(end.y, before.y + 13)
  }
  const lines = series.map(([name, , value]) => {
    const places = points.map(
      (point) => `${x.place(point.at).toFixed(1)},${y.place(value(point)).toFixed(1)}`,
    )
    const dots = places.map((place) => {
      const [cx, cy] = place.split(',')
      return `<circle class="${name}" cx="${cx}" cy="${cy}" r="3"/>`
    })
    return `<polyline class="${name}" points="${places.join(' ')}"/>${dots.join('')}`
  })
  const names = ends.map(
    (end) =>
      `<text class="end ${end.name}" x="${width - right + 8}" y="${(end.y + 4).toFixed(1)}">${end.unit}</text>`,
  )
  return `<g transform="translate(${(index % 2) * width} ${Math.floor(index / 2) * height})">
    ${titleOf(says)
      .map((line, place) => `<text class="title" x="${left}" y="${16 + 15 * place}">${line}</text>`)
      .join('')}
    ${[...grid, ...lines, ...names].join('\n    ')}
  </g>`
}

const rows = Math.ceil(measured.length / 2)
console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * panel.width} ${rows * panel.height}" font-family="system-ui, sans-serif" font-size="11">
  <title>CPU time, wall time and peak memory of a run as one thing grows: ${measured.map(({ name }) => name).join(', ')}.</title>
  <style>
    svg { background: #ffffff } text { fill: #24292f } .title { font-weight: 600; font-size: 11px } .mark { text-anchor: middle } .side { text-anchor: end }
    .grid { stroke: #d8dee4; fill: none } polyline { fill: none; stroke-width: 2 }
    polyline.cpu { stroke: #0b62a4 } circle.cpu, .end.cpu { fill: #0b62a4 } polyline.wall { stroke: #b35900; stroke-dasharray: 5 3 } circle.wall, .end.wall { fill: #b35900 }
    polyline.memory { stroke: #5a6b2f; stroke-dasharray: 2 3 } circle.memory, .end.memory { fill: #5a6b2f } .end { font-weight: 600 }
    @media (prefers-color-scheme: dark) {
      svg { background: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } polyline.cpu { stroke: #6cb6ff } circle.cpu, .end.cpu { fill: #6cb6ff }
      polyline.wall { stroke: #f0883e } circle.wall, .end.wall { fill: #f0883e } polyline.memory { stroke: #a5c261 } circle.memory, .end.memory { fill: #a5c261 }
    }
  </style>
  ${measured.map(draw).join('\n  ')}
</svg>`)
