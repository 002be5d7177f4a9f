import type { Chart } from '../../job/index.ts'
import type { Look, RefusedChart } from './draw-charts.ts'
import type { Drawing } from './drawing.ts'
import type { PictureForm } from './render.ts'

export type { Drawing } from './drawing.ts'
export type { PictureForm } from './render.ts'

/** What `planCharts` of `draw-charts.ts` does; it is loaded when it is first called. */
export async function planCharts(
  directory: string,
  charts: readonly Chart[],
  look?: Look,
): Promise<(Drawing | RefusedChart)[]> {
  const { planCharts: plan } = await import('./draw-charts.ts')
  return plan(directory, charts, look)
}

/** What `render` of `render.ts` does; it is loaded when it is first called, as the chart library is. */
export async function render(drawing: Drawing, form: PictureForm): Promise<Buffer> {
  const { render: draw } = await import('./render.ts')
  return draw(drawing, form)
}

/** What `requirePictures` of `render.ts` does; it is loaded when it is first called. */
export async function requirePictures(): Promise<void> {
  const { requirePictures: see } = await import('./render.ts')
  await see()
}
