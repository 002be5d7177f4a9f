import { h } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { Page, titleOf } from './page/page.tsx'
import type { View } from './view/views.ts'

/** A whole page, complete without any script; with one it takes over from there. */
export function renderPage(view: View): string {
  const data = JSON.stringify(view).replaceAll('<', '\\u003c')
  return (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1">' +
    '<meta name="color-scheme" content="light dark">' +
    `<title>${escaped(titleOf(view))}</title>` +
    '<link rel="icon" href="/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/page.css">' +
    '<script type="module" src="/page.js"></script></head>' +
    `<body><div id="page">${renderToString(h(Page, { view }))}</div>` +
    `<script type="application/json" id="view">${data}</script></body></html>\n`
  )
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
