import { TallymanError } from '../../errors.ts'
import { loadOptional } from '../optional-package.ts'
import type { Drawing } from './drawing.ts'
import { echarts } from './echarts.ts'
import { type FontUse, fontFaces } from './embed-fonts.ts'
import { drawable, fontsFor, type PictureFonts, registerFonts } from './fonts.ts'
import { mapName, worldGeoJson } from './map-option.ts'
import { layOut, type Picture } from './options.ts'
import type { Measure } from './text-layout.ts'

/** The forms of pictures. */
export const pictureForms = ['png', 'svg'] as const
/** Also the ending of its file. */
export type PictureForm = (typeof pictureForms)[number]

/** Pixels of a PNG for each unit of its layout: sharp on any screen, and printed. */
const pixelRatio = 2

type Canvas = typeof import('@napi-rs/canvas')

let hasWorld = false

/**
 * Draws a picture. The same drawing gives the same bytes, on any machine with these packages: fonts are those that come with them, never
 * the system's.
 *
 * @throws {TallymanError} `package-missing` without the canvas or the fonts
 */
export async function render(drawing: Drawing, form: PictureForm): Promise<Buffer> {
  const prepared = await prepare(drawing)
  if (form === 'png') return drawPng(prepared.picture, prepared.canvas)
  const faces = await fontFaces([prepared])
  const svg = drawSvg(prepared.picture, 'zr')
  return Buffer.from(svg.replace(/<svg[^>]*>/, (head) => `${head}<style>${faces}</style>`))
}

/** Words in the scripts that there are fonts for. */
const words = ['virus', 'вирус', 'فيروس', 'वायरस', '病毒', 'ウイルス', '바이러스']

/**
 * Sees that pictures can be drawn here, with words in any script.
 *
 * @throws {TallymanError} `package-missing` without the canvas or a font
 */
export async function requirePictures(): Promise<void> {
  process.env.DISABLE_SYSTEM_FONTS_LOAD = '1'
  const canvas = await loadOptional('@napi-rs/canvas', 'A picture', () => import('@napi-rs/canvas'))
  const fonts = await loadOptional('@fontsource-variable/noto-sans', 'A picture', async () => fontsFor(words))
  registerFonts(canvas.GlobalFonts, fonts)
  const measure = measureWith(canvas, fonts)
  for (const word of words) measure(word, 12)
}

/** Pictures for one page. */
export interface InlinePictures {
  readonly svgs: readonly string[]
  /** Style rules with the fonts of all of them, and of the page's text. */
  readonly fontFaces: string
  /** Families for the page's text, to be named after those that machines have; empty where it needs none. */
  readonly textFamily: string
  /** Why there are none; null where there are. */
  readonly lacking: string | null
}

/**
 * Draws pictures as SVGs that stand in one page, with names of their own and fonts in common. What of the page's own lines is not Latin
 * finds fonts there as well: machines that have none for Korean show boxes otherwise.
 */
export async function renderInline(
  drawings: readonly Drawing[],
  lines: readonly string[],
): Promise<InlinePictures> {
  try {
    const prepared: Prepared[] = []
    for (const drawing of drawings) prepared.push(await prepare(drawing))
    const svgs = prepared.map(({ picture }, index) => drawSvg(picture, `p${index}`))
    const text = await textFonts(lines)
    const faces = await fontFaces([...prepared, ...text])
    const textFamily = text.map(({ fonts }) => fonts.family).join()
    return { svgs, fontFaces: faces, textFamily, lacking: drawings.length === 0 ? 'the job has none.' : null }
  } catch (error) {
    if (!(error instanceof TallymanError) || error.code !== 'package-missing') throw error
    return { svgs: [], fontFaces: '', textFamily: '', lacking: error.message }
  }
}

/** More characters than this, and their fonts would be most of the page. */
const textCharactersMax = 600

/** Fonts for what is not Latin; without emoji, whose fonts are large, and which machines have. */
async function textFonts(lines: readonly string[]): Promise<FontUse[]> {
  const texts = lines
    .map((line) => line.replaceAll(/[^\p{Letter}\p{Mark}]|\p{Script=Latin}/gu, ''))
    .filter((line) => line !== '')
  if (texts.length === 0 || new Set(texts.join('')).size > textCharactersMax) return []
  const fonts = await loadOptional('@fontsource-variable/noto-sans', 'A picture', async () => fontsFor(texts))
  return [{ fonts, texts }]
}

/** A picture laid out, with what it is drawn with. */
interface Prepared {
  readonly picture: Picture
  readonly fonts: PictureFonts
  readonly texts: readonly string[]
  readonly canvas: Canvas
}

async function prepare(drawing: Drawing): Promise<Prepared> {
  // Read when the package is loaded.
  process.env.DISABLE_SYSTEM_FONTS_LOAD = '1'
  const canvas = await loadOptional('@napi-rs/canvas', 'A picture', () => import('@napi-rs/canvas'))
  const { fonts, readable } = await loadOptional('@fontsource-variable/noto-sans', 'A picture', async () =>
    readableDrawing(drawing),
  )
  registerFonts(canvas.GlobalFonts, fonts)
  const picture = layOut(readable, fonts.family, measureWith(canvas, fonts))
  if (readable.content.kind === 'map' && !hasWorld) {
    echarts.registerMap(mapName, worldGeoJson() as never)
    hasWorld = true
  }
  echarts.setPlatformAPI({
    createCanvas: () => canvas.createCanvas(32, 32) as never,
    // Time stands still: what takes longer than 15 ms would be painted in pieces, and not be all there when it is asked for.
    getTime: () => 0,
  })
  return { picture, fonts, texts: textsOf(readable), canvas }
}

function measureWith({ createCanvas }: Canvas, { family }: PictureFonts): Measure {
  const context = createCanvas(1, 1).getContext('2d')
  const widths = new Map<string, number>()
  return (text, px, isBold = false) => {
    const font = `${isBold ? 'bold ' : ''}${px}px ${family}`
    const id = `${font}\0${text}`
    let width = widths.get(id)
    if (width === undefined) {
      context.font = font
      width = context.measureText(text).width
      widths.set(id, width)
    }
    return width
  }
}

/** Without this, more than 3,000 cells would be drawn 400 at a time, and the picture be taken of the first of them. */
const whole = { progressive: 0 }

function drawPng({ width, height, option }: Picture, { createCanvas }: Canvas): Buffer {
  const canvas = createCanvas(width * pixelRatio, height * pixelRatio)
  const chart = echarts.init(canvas as never, null, {
    renderer: 'canvas',
    width,
    height,
    devicePixelRatio: pixelRatio,
  })
  try {
    chart.setOption({ ...option, ...whole })
    return canvas.toBuffer('image/png')
  } finally {
    chart.dispose()
  }
}

function drawSvg({ width, height, option }: Picture, prefix: string): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({ ...option, ...whole })
    return renumbered(still(chart.renderToSVGString()), prefix)
  } finally {
    chart.dispose()
  }
}

/** Without the rules by which parts change under a pointer: there is nothing to be pointed at, and another picture of a page has them too. */
function still(svg: string): string {
  return svg
    .replace(/<style[^>]*>\s*<!\[CDATA\[[\s\S]*?\]\]>\s*<\/style>/, '')
    .replaceAll(/ class="zr-cls\d+"/g, '')
}

/** Names in an SVG are numbered through all pictures of a process; in each they shall begin anew. */
function renumbered(svg: string, prefix: string): string {
  const numbers = new Map<string, string>()
  return svg.replace(/\bzr\d+-([a-z]+)-?\d+\b/g, (name, kind: string) => {
    const there = numbers.get(name) ?? `${prefix}-${kind}${numbers.size}`
    numbers.set(name, there)
    return there
  })
}

/** The drawing with every character that no font has escaped, and the fonts for it. */
function readableDrawing(drawing: Drawing): { fonts: PictureFonts; readable: Drawing } {
  const { missing } = fontsFor(textsOf(drawing))
  const readable =
    missing.size === 0 ? drawing : (mapTexts(drawing, (text) => drawable(text, missing)) as Drawing)
  return { readable, fonts: fontsFor(textsOf(readable)) }
}

function textsOf(drawing: Drawing): string[] {
  const texts = ['JanFebMarAprMayJunJulAugSepOctNovDec']
  mapTexts(drawing, (text) => {
    texts.push(text)
    return text
  })
  return texts
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, mapTexts(one, change)]))
}
