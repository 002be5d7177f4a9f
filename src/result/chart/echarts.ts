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

export const echarts: Pick<typeof core, 'init' | 'registerMap' | 'setPlatformAPI'> = core
