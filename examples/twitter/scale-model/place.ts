/** The place of a tweet, as JSON. Names and coordinates are invented; only the country codes mean something. */
import { jsonText } from './json-text.ts'
import { Random } from './random.ts'

/** Names of the countries most tweets are from; others go by their code. */
// biome-ignore format: one entry a line would hide the table
const countryNames: Readonly<Record<string, string>> = {
  US: 'United States', BR: 'Brasil', JP: '日本', GB: 'United Kingdom', IN: 'India', ID: 'Indonesia', TR: 'Türkiye',
  PH: 'Republic of the Philippines', AR: 'Argentina', ES: 'España', SA: 'المملكة العربية السعودية', MX: 'México', NG: 'Nigeria',
  ZA: 'South Africa', FR: 'France', CA: 'Canada', MY: 'Malaysia', CO: 'Colombia', TH: 'ประเทศไทย', IT: 'Italia', CL: 'Chile',
  EG: 'مصر', DE: 'Deutschland', AU: 'Australia', RU: 'Россия', NL: 'Nederland', PK: 'پاکستان', KW: 'الكويت', PT: 'Portugal',
  KR: '대한민국', CN: '中华人民共和国', TW: '台灣', GR: 'Ελλάς', UA: 'Україна', IL: 'ישראל', IR: 'ایران',
}

const syllables = [
  'ma',
  'ro',
  'len',
  'te',
  'va',
  'ki',
  'san',
  'bor',
  'ul',
  'dé',
  'ña',
  'şe',
  'kyo',
  'gra',
  'lu',
  'tin',
]

/** How many places the model knows in each country. */
const placesPerCountry = 24

export interface Place {
  readonly json: string
  /** The middle: longitude, latitude. */
  readonly longitude: number
  readonly latitude: number
}

const known = new Map<string, Place>()

/** A place in the country: "" where the platform knows none. */
export function placeIn(country: string, random: Random): Place {
  const number = random.below(placesPerCountry)
  const key = `${country}/${number}`
  let place = known.get(key)
  if (place === undefined) {
    place = makePlace(country, number)
    known.set(key, place)
  }
  return place
}

function makePlace(country: string, number: number): Place {
  const ofCountry = new Random('country', country)
  const random = new Random('place', country, number)
  const longitude = ofCountry.unit() * 320 - 160 + random.unit() * 8
  const latitude = ofCountry.unit() * 100 - 40 + random.unit() * 8
  const [west, east] = [longitude - 0.2, longitude + random.unit()]
  const [south, north] = [latitude - 0.2, latitude + random.unit()]
  const corners = [
    [west, south],
    [west, north],
    [east, north],
    [east, south],
  ]
  const box = corners.map((corner) => `[${corner.map((degrees) => degrees.toFixed(6)).join(',')}]`).join(',')
  const id = random.hex(16)
  const name = invented(random)
  const countryName = country === '' ? '' : (countryNames[country] ?? country)
  const json =
    `{"id":"${id}","url":"https:\\/\\/api.twitter.com\\/1.1\\/geo\\/id\\/${id}.json",` +
    `"place_type":"${random.pick(['city', 'city', 'city', 'admin', 'neighborhood'])}","name":${jsonText(name)},` +
    `"full_name":${jsonText(`${name}, ${invented(ofCountry)}`)},"country_code":"${country}",` +
    `"country":${jsonText(countryName)},"bounding_box":{"type":"Polygon","coordinates":[[${box}]]},"attributes":{}}`
  return { json, longitude, latitude }
}

function invented(random: Random): string {
  let name = ''
  for (let left = random.between(2, 4); left > 0; left--) name += random.pick(syllables)
  return name.charAt(0).toUpperCase() + name.slice(1)
}
