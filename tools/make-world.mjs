/**
 * `node tools/make-world.mjs` writes `src/result/chart/world.json`: the countries of Natural Earth (public domain; world-atlas 50m, without
 * Antarctica) in the natural earth projection, as flat outlines on a grid of 2,500 units in width.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { geoNaturalEarth1, geoPath } from 'd3-geo'
import { geoProject } from 'd3-geo-projection'
import countries from 'i18n-iso-countries'
import { feature } from 'topojson-client'

const require = createRequire(import.meta.url)
const topology = JSON.parse(readFileSync(require.resolve('world-atlas/countries-50m.json'), 'utf8'))
const names = require('i18n-iso-countries/langs/en.json')
countries.registerLocale(names)
// 11 degrees: the edge of the map passes between Alaska and Chukotka.
const projection = geoNaturalEarth1().rotate([-11, 0]).fitWidth(2500, { type: 'Sphere' })

/** Islands smaller than this are left out of countries that have larger parts. */
const ringAreaMin = 4

/** @param {number[][]} ring */
function areaOf(ring) {
  let sum = 0
  for (let i = 0; i < ring.length - 1; i++) sum += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1]
  return Math.abs(sum / 2)
}

/** Rounds, and leaves out points that fall together. @param {number[][]} ring */
function flatten(ring) {
  /** @type {number[]} */
  const flat = []
  for (const [x, y] of ring) {
    const point = [Math.round(x), Math.round(y)]
    if (flat.at(-2) === point[0] && flat.at(-1) === point[1]) continue
    flat.push(...point)
  }
  return flat
}

const collection = geoProject(feature(topology, topology.objects.countries), projection)
const shapes = []
for (const { id, geometry, properties } of collection.features) {
  // In wide use, though ISO has not given it.
  const code =
    properties.name === 'Kosovo' ? 'XK' : id === undefined ? undefined : countries.numericToAlpha2(id)
  if (code === 'AQ' || geometry === null) continue
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
  const rings = polygons.map((/** @type {number[][][]} */ polygon) => polygon[0])
  const largest = Math.max(...rings.map(areaOf))
  const kept = polygons.filter(
    (/** @type {number[][][]} */ p) => areaOf(p[0]) >= Math.min(ringAreaMin, largest),
  )
  const biggest = rings.find((/** @type {number[][]} */ ring) => areaOf(ring) === largest)
  const [x, y] = geoPath().centroid({ type: 'Polygon', coordinates: [biggest] })
  shapes.push({
    // What has no code of ISO 3166 (Kosovo, Northern Cyprus, Somaliland and their kind) is land without a value.
    code: code ?? null,
    alpha3: code === undefined ? null : countries.alpha2ToAlpha3(code),
    name: code === undefined ? properties.name : countries.getName(code, 'en', { select: 'alias' }),
    center: [Math.round(x), Math.round(y)],
    area:
      Math.round(
        polygons.reduce((/** @type {number} */ sum, /** @type {number[][][]} */ p) => sum + areaOf(p[0]), 0) *
          10,
      ) / 10,
    outlines: kept
      .map((/** @type {number[][][]} */ p) => p.map(flatten).filter((ring) => ring.length >= 8))
      .filter((p) => p.length > 0),
  })
}
// Some have far islands apart.
for (const shape of [...shapes]) {
  const first = shapes.find(({ code }) => code !== null && code === shape.code)
  if (first === undefined || first === shape) continue
  first.outlines.push(...shape.outlines)
  shapes.splice(shapes.indexOf(shape), 1)
}
shapes.sort((a, b) => ((a.code ?? a.name) < (b.code ?? b.name) ? -1 : 1))
const rest = Object.entries(countries.getAlpha2Codes())
  .filter(([code]) => !shapes.some((shape) => shape.code === code))
  .map(([code, alpha3]) => ({ code, alpha3, name: countries.getName(code, 'en', { select: 'alias' }) }))
const lines = shapes.map((shape) => JSON.stringify(shape)).join(',\n')
writeFileSync('src/result/chart/world.json', `{"shapes":[\n${lines}\n],"unmapped":${JSON.stringify(rest)}}\n`)
