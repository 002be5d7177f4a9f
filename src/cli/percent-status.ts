import type { Terminal } from './terminal.ts'

/** Shows how far something is, in whole percent: for what takes so many bytes, of which so many are done. */
export function percentStatus(
  { status }: Terminal,
  doing: string,
): (doneBytes: number, totalBytes: number) => void {
  let shown = -1
  return (doneBytes, totalBytes) => {
    const percent = totalBytes === 0 ? 100 : Math.min(100, Math.floor((100 * doneBytes) / totalBytes))
    if (percent === shown) return
    shown = percent
    status(`${doing} ${percent} %`)
  }
}
