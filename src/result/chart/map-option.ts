import { type ColorScale, colorScale } from './color-scale.ts'
import type { Content, Drawing, MapPanel } from './drawing.ts'
import { type OptionPart, panelRects, type Rect, text } from './frame.ts'
import { type BuildTools, type Built, bottomOf } from './option-parts.ts'
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
  const geo = rects.map(worldIn)
  const series = panels.flatMap(({ values }, index) => {
    const drawn = values.filter(([, value]) => drawing.logFrom === null || value > 0)
    return [countries(drawn, scale, index), dots(drawn, scale, index, panels.length === 1 ? 7 : 5)]
  })
  const left = frame.left + measure(drawing.unit, size.axis) + 14
  const [ofCountries, ofDots] = [panels.map((_, index) => 2 * index), panels.map((_, index) => 2 * index + 1)]
  const visualMap = [
    scale.visualMap(left, frame.top, ofCountries),
    { ...scale.visualMap(left, frame.top, ofDots, 2), show: false },
  ]
  const graphics = [text(drawing.unit, frame.left, frame.top, { px: size.axis, fill: ink.faint }, family)]
  return { option: { geo, series, visualMap }, rects, graphics, bottom: bottomOf(rects) }
}

function worldIn({ x, y, width, height }: Rect): OptionPart {
  return {
    map: mapName,
    left: x,
    top: y,
    width,
    height,
    aspectScale: 1,
    silent: true,
    itemStyle: { areaColor: ink.land, borderColor: ink.line, borderWidth: 0.4 },
  }
}

function countries(values: MapPanel['values'], scale: ColorScale, index: number): OptionPart {
  return {
    type: 'map',
    geoIndex: index,
    map: mapName,
    silent: true,
    data: values.map(([name, value]) => ({ name, value: scale.place(value) })),
  }
}

function dots(values: MapPanel['values'], scale: ColorScale, index: number, symbolSize: number): OptionPart {
  const small = new Map(
    readWorld().shapes.flatMap(({ code, area, center }) =>
      code !== null && area < dotAreaMax ? [[code, center] as const] : [],
    ),
  )
  return {
    type: 'scatter',
    coordinateSystem: 'geo',
    geoIndex: index,
    silent: true,
    symbol: 'circle',
    symbolSize,
    itemStyle: { borderColor: '#777777', borderWidth: 0.6 },
    data: values.flatMap(([code, value]) => {
      const center = small.get(code)
      return center === undefined ? [] : [{ name: code, value: [center[0], -center[1], scale.place(value)] }]
    }),
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
