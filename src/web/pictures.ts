import { type AnswerSoFar, planCharts, readManifest, refusedPicture, render } from '../result/index.ts'
import { chartsDrawn } from './view/charts-drawn.ts'

/** Pictures that are kept, longest unused forgotten first: one may be a megabyte. */
const keptMax = 16

/** Draws charts of results. The same chart of the same result is drawn once. */
export class Pictures {
  readonly #kept = new Map<string, Promise<Buffer>>()

  /**
   * @param index place among the charts of the job
   * @returns an SVG that needs nothing else, of a chart that cannot be drawn one that says why; null where there is no such chart
   * @throws {TallymanError} `package-missing` without the packages that draw; as `planCharts` does
   */
  async svg(directory: string, index: number): Promise<Buffer | null> {
    const manifest = readManifest(directory)
    const chart = chartsDrawn(manifest)[index]
    if (chart === undefined) return null
    return await this.#drawn(`${manifest.manifestSha256} ${index}`, () => draw(directory, chart))
  }

  /**
   * A chart of the answer so far.
   *
   * @param key another one for each that differs
   * @param onDrawn told what it took, in milliseconds of CPU, where it was not drawn before
   * @throws {TallymanError} `package-missing` without the packages that draw
   */
  async svgSoFar(
    key: string,
    chart: AnswerSoFar['charts'][number],
    onDrawn: (cpuMs: number) => void,
  ): Promise<Buffer> {
    return await this.#drawn(key, async () => {
      if ('refused' in chart) return Buffer.from(refusedPicture(chart))
      // All of this process, others' requests too: rather too much than too little.
      const before = process.cpuUsage()
      const svg = await render(chart, 'svg')
      const { user, system } = process.cpuUsage(before)
      onDrawn((user + system) / 1000)
      return svg
    })
  }

  async #drawn(key: string, draw: () => Promise<Buffer>): Promise<Buffer> {
    const drawn = this.#kept.get(key) ?? draw()
    this.#kept.delete(key)
    this.#kept.set(key, drawn)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= keptMax) break
      this.#kept.delete(oldest)
    }
    try {
      return await drawn
    } catch (error) {
      this.#kept.delete(key)
      throw error
    }
  }
}

async function draw(directory: string, chart: Parameters<typeof planCharts>[1][number]): Promise<Buffer> {
  const [planned] = await planCharts(directory, [chart])
  if (planned === undefined) throw new Error('A chart was planned, and there is no drawing of it.')
  return 'refused' in planned ? Buffer.from(refusedPicture(planned)) : await render(planned, 'svg')
}
