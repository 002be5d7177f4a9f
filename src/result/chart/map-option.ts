import type { BuildTools, Built } from './bars-option.ts'
import { colorScale } from './color-scale.ts'
import type { Content, Drawing } from './drawing.ts'
import { type Part, panelRects, text } from './frame.ts'
import { ink, size } from './style.ts'
import { readWorld } from './world.ts'

/** The name that the map has with ECharts. */
export const mapName = 'world'

/** Smaller ones are seen as dots, in units of the map. */
const dotAreaMax = 30
const scaleRoom = 30
/** Height of the map without Antarctica, by its width. */
const aspect = 0.455

/** The world in every panel, countries coloured by a scale that all share; the smallest are dots, or nobody would see them. */
export function mapContent(
  drawing: Drawing,
  { panels }: Extract<Content, { kind: 'map' }>,
  { frame, family, measure }: BuildTools,
): Built {
  const rects = panelRects(panels.length, { ...frame, top: frame.top + scaleRoom }, (width) => width * aspect)
  const scale = colorScale(
    panels.flatMap(({ values }) => values.map(([, value]) => value)),
    drawing.logFrom !== null,
  )
  const small = new Map(
    readWorld().shapes.flatMap(({ code, area, center }) =>
      code !== null && area < dotAreaMax ? [[code, center] as const] : [],
    ),
  )
  const geo: Part[] = []
  const series: Part[] = []
  for (const [index, { values }] of panels.entries()) {
    const rect = rects[index]
    if (rect === undefined) continue
    const drawn = values.filter(([, value]) => drawing.logFrom === null || value > 0)
    geo.push({
      map: mapName,
      left: rect.x,
      top: rect.y,
      width: rect.width,
      height: rect.height,
      aspectScale: 1,
      silent: true,
      itemStyle: { areaColor: ink.land, borderColor: ink.line, borderWidth: 0.4 },
    })
    series.push({
      type: 'map',
      geoIndex: index,
      map: mapName,
      silent: true,
      data: drawn.map(([name, value]) => ({ name, value: scale.place(value) })),
    })
    series.push({
      type: 'scatter',
      coordinateSystem: 'geo',
      geoIndex: index,
      silent: true,
      symbol: 'circle',
      symbolSize: panels.length === 1 ? 7 : 5,
      itemStyle: { borderColor: '#777777', borderWidth: 0.6 },
      data: drawn.flatMap(([code, value]) => {
        const center = small.get(code)
        return center === undefined
          ? []
          : [{ name: code, value: [center[0], -center[1], scale.place(value)] }]
      }),
    })
  }
  const left = frame.left + measure(drawing.unit, size.axis) + 14
  const [maps, dots] = [panels.map((_, index) => 2 * index), panels.map((_, index) => 2 * index + 1)]
  const visualMap = [
    scale.visualMap(left, frame.top, maps),
    { ...scale.visualMap(left, frame.top, dots, 2), show: false },
  ]
  const graphics = [text(drawing.unit, frame.left, frame.top, { px: size.axis, fill: ink.faint }, family)]
  return {
    option: { geo, series, visualMap },
    rects,
    graphics,
    bottom: Math.max(...rects.map(({ y, height }) => y + height)),
  }
}

/** The world as ECharts takes maps: planar, upwards. */
export function worldGeoJson(): object {
  const features = readWorld().shapes.map(({ code, name, outlines }) => ({
    type: 'Feature',
    properties: { name: code ?? name },
    geometry: { type: 'MultiPolygon', coordinates: outlines.map((polygon) => polygon.map(ringOf)) },
  }))
  return { type: 'FeatureCollection', features }
}

function ringOf(flat: readonly number[]): (readonly [number, number])[] {
  const ring: (readonly [number, number])[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) ring.push([flat[at] ?? 0, -(flat[at + 1] ?? 0)])
  const [first] = ring
  const last = ring.at(-1)
  if (first !== undefined && last !== undefined && (first[0] !== last[0] || first[1] !== last[1]))
    ring.push(first)
  return ring
}
