/** The parts of ECharts that are used; the others are not loaded. */
import { BarChart, CustomChart, HeatmapChart, LineChart, MapChart, ScatterChart } from 'echarts/charts'
import {
  GeoComponent,
  GraphicComponent,
  GridComponent,
  MarkAreaComponent,
  VisualMapComponent,
} from 'echarts/components'
import * as core from 'echarts/core'
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers'
import LRU from 'zrender/lib/core/LRU.js'

core.use([
  BarChart,
  CustomChart,
  HeatmapChart,
  LineChart,
  MapChart,
  ScatterChart,
  GeoComponent,
  GraphicComponent,
  GridComponent,
  MarkAreaComponent,
  VisualMapComponent,
  CanvasRenderer,
  SVGRenderer,
])

/** The library, of which no more is used than this. */
export const echarts: Pick<typeof core, 'init' | 'registerMap' | 'setPlatformAPI'> = core

/**
 * The library keeps the widths of texts in plain objects, by the text. One that is called as what every object inherits would
 * not be looked up but found, and be changed for all of the process; after a sign that no such name begins with, none is.
 */
const { get, put } = LRU.prototype
LRU.prototype.get = function (key): unknown {
  return get.call(this, `=${key}`)
}
LRU.prototype.put = function (key, value): unknown {
  return put.call(this, `=${key}`, value)
}
