import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { ensureProgram } from '../../src/lab/machine.ts'

/** Pictures for people, who see what no assertion does; CI keeps them. */
export const PICTURES = fileURLToPath(new URL('../../coverage/report', import.meta.url))
const QUIET = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update']

/** A real browser, that of Debian; on a machine without it, that takes a minute to install. */
export function reportBrowser() {
  let browser: Browser | undefined
  beforeAll(async () => {
    await ensureProgram(console.log, 'chromium', 'chromium', 'fonts-dejavu-core')
    mkdirSync(PICTURES, { recursive: true })
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-sync', ...QUIET]
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
  })
  afterAll(() => browser?.close())

  /** A page of its own, without a network. */
  const newPage = async (options: BrowserContextOptions = {}): Promise<Page> => {
    if (!browser) throw new Error('the browser is not there yet')
    const context = await browser.newContext({ ...options, offline: true })
    onTestFinished(() => context.close())
    return context.newPage()
  }
  return {
    newPage,
    /** The page as somebody opens it from a mail; what it asks for beside itself is a failure. */
    async opened(file: string, options: BrowserContextOptions = {}): Promise<Page> {
      const page = await newPage(options)
      const asked: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      page.on('console', (message) => asked.push(message.text()))
      page.on('dialog', (dialog) => asked.push(dialog.message()))
      await page.goto(pathToFileURL(file).href)
      expect(asked).toEqual([pathToFileURL(file).href])
      return page
    },
  }
}

/** All that can be opened is open; in light and dark it fits its width, and has no text that can't be read. */
export async function expectReadable(page: Page, picture: string, texts: number): Promise<void> {
  await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true')
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(PICTURES, `${picture}-${colorScheme}.png`), fullPage: true })
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(0)
    const shown = await page.evaluate<readonly Shown[]>(SHOWN_TEXTS)
    expect(shown.length).toBeGreaterThan(texts)
    expect(shown.filter(({ contrast }) => contrast < 4.5)).toEqual([])
    const ground = await page.evaluate<number>(`(${LUMINANCE})(getComputedStyle(document.body).backgroundColor)`)
    expect(ground < 0.5).toBe(colorScheme === 'dark')
  }
}

interface Shown {
  readonly text: string
  readonly contrast: number
}

/** Relative luminance of a colour, as WCAG 2.2 has it. */
const LUMINANCE = `(color) => {
  const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}`
/** Each text that is shown, with its contrast to what is behind it. */
const SHOWN_TEXTS = `(() => {
  const luminance = ${LUMINANCE}
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor
      if (!/, 0\\)$/.test(color)) return color
    }
    return 'rgb(255, 255, 255)'
  }
  const found = []
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const { parentElement: one, textContent } = texts.currentNode
    if (textContent.trim() === '' || one.getClientRects().length === 0 || one.tagName === 'title') continue
    const style = getComputedStyle(one)
    const color = one instanceof SVGElement ? style.fill : style.color
    const [a, b] = [luminance(color), luminance(behind(one))]
    found.push({ text: textContent.trim().slice(0, 40), contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) })
  }
  return found
})()`
