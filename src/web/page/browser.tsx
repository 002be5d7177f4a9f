/** Makes a page live: the one program that runs in a browser. Without it, the page stays as the server made it. */
/// <reference lib="dom" />
import { hydrate, render } from 'preact'
import type { View } from '../view/views.ts'
import { Page, titleOf } from './page.tsx'

const place = document.getElementById('page')
const text = document.getElementById('view')?.textContent

if (place !== null && text !== null && text !== undefined) {
  const view = JSON.parse(text) as View
  hydrate(<Page view={view} />, place)
  // A result does not change, nor does an older part of the list.
  const isLive = view.kind === 'runs' || view.kind === 'run' || view.kind === 'log'
  if (isLive && !location.search.includes('after=')) follow(place)
}

/** Renders again with every update. A line that breaks is taken up again by the browser, which says so meanwhile. */
function follow(root: HTMLElement): void {
  const source = new EventSource(location.pathname === '/' ? '/live' : `${location.pathname}/live`)
  source.addEventListener('view', (event) => {
    const view = JSON.parse(event.data) as View
    render(<Page view={view} />, root)
    document.title = titleOf(view)
    document.body.classList.remove('stale')
  })
  source.addEventListener('error', () => document.body.classList.add('stale'))
}
