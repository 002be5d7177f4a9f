import { readFileSync } from 'node:fs'

/** A country, or land that belongs to none of ISO 3166, on a flat map 2,500 units wide. */
export interface Land {
  readonly code: string | null
  readonly alpha3: string | null
  readonly name: string
  readonly center: readonly [x: number, y: number]
  readonly area: number
  /** Polygons of rings of x, y, x, y, … */
  readonly outlines: readonly (readonly (readonly number[])[])[]
}

interface World {
  readonly shapes: readonly Land[]
  /** Countries that are too small for the map, or part of another country there. */
  readonly unmapped: readonly { readonly code: string; readonly alpha3: string; readonly name: string }[]
}

let world: World | null = null
let countries: ReadonlyMap<string, Country> | null = null

/** Countries of Natural Earth, as `tools/make-world.mjs` writes them. Read when first asked for, and kept. */
export function readWorld(): World {
  world ??= JSON.parse(readFileSync(new URL('./world.json', import.meta.url), 'utf8')) as World
  return world
}

/** What a code of two or three letters stands for (ISO 3166-1). `code` is the one of two. */
export interface Country {
  readonly code: string
  readonly name: string
  /** Is it on the map? */
  readonly isDrawn: boolean
}

/** The country of a code of two or three letters, in any case; null for none. */
export function findCountry(code: string): Country | null {
  if (countries === null) {
    const { shapes, unmapped } = readWorld()
    const all = [
      ...shapes.map((one) => ({ ...one, isDrawn: true })),
      ...unmapped.map((one) => ({ ...one, isDrawn: false })),
    ]
    countries = new Map(
      all.flatMap(({ code, alpha3, name, isDrawn }) =>
        code === null ? [] : [code, alpha3 ?? code].map((key) => [key, { code, name, isDrawn }] as const),
      ),
    )
  }
  return countries.get(code.toUpperCase()) ?? null
}
