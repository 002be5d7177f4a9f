/** So many rows of a table are on paper, unless one asks for all of them. */
export const paperRows = 50

/** How a report looks: on a screen, narrow or wide, light or dark, and on paper. */
export const pageStyle = `
:root { color-scheme: light; --ink: #1a1a1a; --faint: #5c5c5c; --paper: #fff; --line: #d9d9d9; --soft: #f5f5f5; --link: #0072b2; --warn: #fff3cd; --warn-ink: #7a4b00; }
@media screen and (prefers-color-scheme: dark) { :root { color-scheme: dark; --ink: #e8e8e8; --faint: #a8a8a8; --paper: #161616; --line: #3a3a3a; --soft: #222; --link: #6cb6e8; --warn: #4a3a0a; --warn-ink: #ffe6a0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1rem 1.25rem 4rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 1.5rem 0 .5rem; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p, dl, table, pre, figure { margin: 0 0 1rem; } .faint { color: var(--faint); }
.warn { background: var(--warn); color: var(--warn-ink); border-left: 6px solid #e0a800; padding: .75rem 1rem; font-weight: 600; } .warn p { margin: 0; }
.fine { border-left: 6px solid #009e73; padding: .5rem 1rem; background: var(--soft); }
figure { overflow-x: auto; } figure svg { min-width: 36rem; display: block; width: 100%; height: auto; background: #fff; border-radius: 4px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; } dt { color: var(--faint); } dd { margin: 0; }
pre { background: var(--soft); padding: .75rem 1rem; overflow-x: auto; font-size: .85rem; overflow-wrap: normal; } code { font-family: ui-monospace, monospace; }
.scroll { overflow-x: auto; max-height: 32rem; overflow-y: auto; border: 1px solid var(--line); margin-bottom: 1rem; }
.scroll table { margin: 0; } table { border-collapse: collapse; font-size: .9rem; width: 100%; } th, td { text-align: left; padding: .25rem .75rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { position: sticky; top: 0; background: var(--soft); } th button { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; } th[aria-sort=ascending] button::after { content: ' ▲'; } th[aria-sort=descending] button::after { content: ' ▼'; }
td.w { white-space: nowrap; } .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; } summary { cursor: pointer; color: var(--link); margin-bottom: .5rem; }
@media (max-width: 36rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } body { padding: .5rem .75rem 3rem; } }
label { display: inline-block; margin-bottom: .5rem; } .paper { display: none; }
@page { margin: 14mm 12mm; }
@media print { .screen, details:not([open]) { display: none; } body { max-width: none; padding: 0; font-size: 10pt; color: #000; background: #fff; } .scroll { max-height: none; overflow: visible; border: 0; } figure { overflow: visible; } figure svg { min-width: 0; border-radius: 0; } .fine, .warn { print-color-adjust: exact; -webkit-print-color-adjust: exact; } figure, tr, thead, .fine, .warn, dl > * { break-inside: avoid; } h2, h3, h3 + p, .paper { break-after: avoid; } th button { display: contents; } h1 { margin-top: 0; } th { position: static; } th, td { padding: .1rem .5rem; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
main:not(:has(#all-rows:checked)) tbody tr:nth-child(n+${String(paperRows + 1)}) { display: none; } main:not(:has(#all-rows:checked)) .paper { display: block; } }
`

/** Sorts a table by a column when its head is pressed. Without it the page is whole, only not sortable. */
export const pageScript = `
for (const table of document.querySelectorAll('table.sortable')) for (const [index, head] of [...table.tHead.rows[0].cells].entries()) {
  const button = document.createElement('button'); button.append(...head.childNodes); head.append(button)
  button.addEventListener('click', () => {
    const isDown = head.getAttribute('aria-sort') !== 'descending'
    for (const other of head.parentNode.cells) other.removeAttribute('aria-sort')
    head.setAttribute('aria-sort', isDown ? 'descending' : 'ascending')
    const of = (row) => { const cell = row.cells[index]; return cell.dataset.n === undefined ? cell.textContent : Number(cell.dataset.n) }
    const rows = [...table.tBodies[0].rows].sort((a, b) => { const [x, y] = [of(a), of(b)]; const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x) < String(y) ? -1 : String(x) > String(y) ? 1 : 0; return isDown ? -order : order })
    table.tBodies[0].append(...rows)
  })
}
`
