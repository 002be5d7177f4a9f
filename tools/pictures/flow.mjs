// @ts-check
/** `node tools/pictures/flow.mjs > docs/pictures/flow.svg` draws the README's picture of the two circles. */

const steps = [
  { x: 20, title: 'archives', text: ['.jsonl .gz .zip', 'never unpacked'], fill: 'file' },
  { x: 170, title: 'map task', text: ['decode · map ·', 'combine · spill'], fill: 'task' },
  { x: 320, title: 'run directory', text: ['sorted spills,', 'journal'], fill: 'file' },
  { x: 470, title: 'reduce task', text: ['merge · reduce', '· part file'], fill: 'task' },
  { x: 620, title: 'result', text: ['tables, manifest,', 'one digest'], fill: 'file' },
]

/** @param {typeof steps[number]} step */
const box = ({ x, title, text, fill }) => `
  <rect class="${fill}" x="${x}" y="30" width="120" height="74" rx="8"/>
  <text class="title" x="${x + 60}" y="54">${title}</text>
  ${text.map((line, index) => `<text x="${x + 60}" y="${74 + 17 * index}">${line}</text>`).join('\n  ')}`

const arrows = steps
  .slice(1)
  .map(({ x }) => `<path class="flow" d="M${x - 30} 67 H${x - 7}"/>`)
  .join('\n  ')

console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 210" font-family="system-ui, sans-serif" font-size="13">
  <title>Archives go through map tasks, the run directory and reduce tasks to a result; the coordinator decides and keeps a journal.</title>
  <style>
    text { text-anchor: middle; fill: #24292f } .title { font-weight: 600 }
    .file { fill: #eef3f8; stroke: #6b7f95 } .task { fill: #fdf1dd; stroke: #b98326 } .control { fill: #eaf5ea; stroke: #4f8a4f }
    .flow { stroke: #57606a; stroke-width: 2; fill: none; marker-end: url(#head) } .tell { stroke: #4f8a4f; stroke-dasharray: 4 3; fill: none; marker-end: url(#head) }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .file { fill: #1c2733; stroke: #7d92a8 } .task { fill: #33270f; stroke: #d9a441 }
      .control { fill: #16281a; stroke: #6fae6f } .flow { stroke: #9aa4ae } .tell { stroke: #6fae6f }
    }
  </style>
  <defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#57606a"/></marker></defs>
  ${steps.map(box).join('')}
  ${arrows}
  <rect class="control" x="170" y="146" width="420" height="46" rx="8"/>
  <text class="title" x="380" y="166">coordinator</text>
  <text x="380" y="183">decide(state) · attempt · journal · apply(state, event)</text>
  <path class="tell" d="M215 146 V108"/><path class="tell" d="M245 104 V142"/>
  <path class="tell" d="M515 146 V108"/><path class="tell" d="M545 104 V142"/>
</svg>`)
