// @ts-check
/**
 * `node tools/pictures/profile.mjs bench/runs/…-profile.json > docs/pictures/profile.svg` draws a record of `bench/profile.mjs`: a bar for each work, as long
 * as the CPU seconds of its run, cut into what they went to.
 */
import { readFileSync } from 'node:fs'
import { partNames } from '../../bench/samples.mjs'

/** @typedef {import('../../bench/samples.mjs').Part} Part */
/** @typedef {{ readonly name: string, readonly says: string, readonly bytes: number, readonly cpuSeconds: number, readonly parts: readonly Part[] }} Profiled */

const [file = ''] = process.argv.slice(2)
/** @type {{ readonly measured: readonly Profiled[] }} */
const { measured } = JSON.parse(readFileSync(file, 'utf8'))

const size = { width: 760, left: 12, bar: 26, work: 62, legend: 20, columns: 4 }
/** Hues for what the machine must do, greys for what runs beside it. */
const colors = [
  '#8c959f',
  '#afb8c1',
  '#2a6fb0',
  '#0f8a8a',
  '#1f9d55',
  '#8fbf26',
  '#e0a100',
  '#d9622b',
  '#b0417a',
  '#7a4fb5',
  '#d0d7de',
]
const longest = Math.max(...measured.map(({ cpuSeconds }) => cpuSeconds))
const scale = (size.width - 2 * size.left - 60) / longest
const rows = Math.ceil(partNames.length / size.columns)
const top = rows * size.legend + 24

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/**
 * @param {Profiled} work
 * @param {number} index
 */
function draw({ name, says, bytes, cpuSeconds, parts }, index) {
  const y = top + index * size.work
  let x = size.left
  const pieces = parts.map(({ part, seconds }) => {
    const width = seconds * scale
    const color = colors[partNames.indexOf(part)]
    const place = x
    x += width
    const number =
      width < 30
        ? ''
        : `<text class="in" x="${(place + width / 2).toFixed(1)}" y="${y + 17}">${seconds.toFixed(2)}</text>`
    return `<rect x="${place.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${size.bar}" fill="${color}"><title>${part}: ${seconds.toFixed(2)} s</title></rect>${number}`
  })
  const rate = (bytes / 1e6 / cpuSeconds).toFixed(0)
  return `<text class="work" x="${size.left}" y="${y - 6}"><tspan class="name">${escaped(name)}</tspan> ${escaped(says)}, ${(bytes / 1e6).toFixed(0)} MB</text>
  ${pieces.join('\n  ')}
  <text x="${(x + 6).toFixed(1)}" y="${y + 12}">${cpuSeconds.toFixed(1)} s</text><text x="${(x + 6).toFixed(1)}" y="${y + 24}">${rate} MB/s</text>`
}

const legend = partNames.map((part, index) => {
  const x = size.left + (index % size.columns) * ((size.width - 2 * size.left) / size.columns)
  const y = 8 + Math.floor(index / size.columns) * size.legend
  return `<rect x="${x}" y="${y}" width="12" height="12" fill="${colors[index]}"/><text x="${x + 18}" y="${y + 10}">${part}</text>`
})

console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${top + measured.length * size.work - 20}" font-family="system-ui, sans-serif" font-size="11">
  <title>Where the CPU time of a run of one worker goes: ${measured.map(({ name }) => name).join(', ')}.</title>
  <style>
    svg { background: #ffffff } text { fill: #24292f } .name { font-weight: 600 } .in { text-anchor: middle; fill: #1f2328; font-size: 10px }
    @media (prefers-color-scheme: dark) { svg { background: #0d1117 } text { fill: #e6edf3 } .in { fill: #0d1117 } }
  </style>
  ${legend.join('\n  ')}
  ${measured.map(draw).join('\n  ')}
</svg>`)
