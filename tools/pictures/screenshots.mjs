// @ts-check
/**
 * `node tools/pictures/screenshots.mjs LINK FOLDER PATH…`: pictures of the top of pages, light, dark and narrow. LINK is what
 * `tallyman serve` printed.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const [link = '', folder = '', ...paths] = process.argv.slice(2)
const looks = [
  { name: 'light', colorScheme: 'light', width: 1280 },
  { name: 'dark', colorScheme: 'dark', width: 1280 },
  { name: 'narrow', colorScheme: 'light', width: 390 },
]

mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
try {
  for (const { name, width, ...look } of looks) {
    const context = await browser.newContext({
      colorScheme: look.colorScheme === 'dark' ? 'dark' : 'light',
      viewport: { width, height: 1500 },
    })
    const page = await context.newPage()
    await page.goto(link)
    for (const path of paths) {
      await page.goto(new URL(path, link).href)
      await page.waitForTimeout(2000)
      const file = join(
        folder,
        `${path.replaceAll(/[^a-z0-9]+/gi, '-').replaceAll(/^-|-$/g, '') || 'runs'}-${name}.png`,
      )
      await page.screenshot({ path: file })
      console.log(file)
    }
    await context.close()
  }
} finally {
  await browser.close()
}
