import { assertNever } from '../../errors.ts'
import { barsContent } from './bars-option.ts'
import type { Drawing } from './drawing.ts'
import { frameOf, type OptionPart, panelTitles, pictureWidth } from './frame.ts'
import { heatContent } from './heat-option.ts'
import { histogramContent } from './histogram-option.ts'
import { linesContent } from './lines-option.ts'
import { mapContent } from './map-option.ts'
import type { BuildTools, Built } from './option-parts.ts'
import { ink } from './style.ts'
import type { Measure } from './text-layout.ts'

/** A picture as ECharts draws it. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly option: OptionPart
}

/** Lays a picture out: every label is measured, so that none is cut off by an edge or covers another. */
export function layOut(drawing: Drawing, family: string, measure: Measure): Picture {
  const { content } = drawing
  const series = content.kind === 'bars' || content.kind === 'lines' ? content.series : []
  const frame = frameOf(drawing, series, family, measure)
  const built = contentOf(drawing, { frame, family, measure })
  const below = frame.below(built.bottom + 14)
  const titles = panelTitles(
    content.panels.map(({ title }) => title),
    built.rects,
    family,
    measure,
  )
  const height = Math.ceil(below.bottom)
  return {
    width: pictureWidth,
    height,
    option: {
      animation: false,
      useUTC: true,
      backgroundColor: ink.paper,
      textStyle: { fontFamily: family },
      ...built.option,
      graphic: { elements: [...frame.graphics, ...titles, ...(built.graphics ?? []), ...below.graphics] },
    },
  }
}

function contentOf(drawing: Drawing, tools: BuildTools): Built {
  const { content } = drawing
  switch (content.kind) {
    case 'bars':
      return barsContent(drawing, content, tools)
    case 'lines':
      return linesContent(drawing, content, tools)
    case 'heat':
      return heatContent(drawing, content, tools)
    case 'histogram':
      return histogramContent(drawing, content, tools)
    case 'map':
      return mapContent(drawing, content, tools)
    default:
      return assertNever(content)
  }
}
