// @ts-check
/**
 * `node tools/pictures/screenshots.mjs LINK FOLDER NAME=PATH…`: pictures of the top of pages, light, dark and narrow, as
 * `NAME-light.png` and so on. LINK is what `tallyman serve` printed. Those in docs/pictures are of the homework over its scale model, and
 * of the same over a few days of which one is missing: `page=/runs/ID lacking=/runs/ID`.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const [link = '', folder = '', ...pages] = process.argv.slice(2)
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
    for (const one of pages) {
      const [shown = '', path = ''] = one.split(/=(.*)/s)
      await page.goto(new URL(path, link).href)
      await page.waitForTimeout(2000)
      const file = join(folder, `${shown}-${name}.png`)
      await page.screenshot({ path: file })
      console.log(file)
    }
    await context.close()
  }
} finally {
  await browser.close()
}
