import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { ensureProgram } from '../../src/lab/machine.ts'
import { ROLLING_RUNS } from '../fixtures/rolling-events.ts'
import { pageOfEvents } from '../report/told.ts'

/** The report of a run in a real browser, that of Debian; on a machine without it, that takes a minute to install. */

/** Pictures for people, who see what no assertion does; CI keeps them. */
const PICTURES = fileURLToPath(new URL('../../coverage/report', import.meta.url))
const FILE = join(PICTURES, 'report.html')
const QUIET = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update']

let browser: Browser
beforeAll(async () => {
  await ensureProgram(console.log, 'chromium', 'chromium', 'fonts-dejavu-core')
  mkdirSync(PICTURES, { recursive: true })
  writeFileSync(FILE, pageOfEvents([...ROLLING_RUNS.rolling()]))
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-sync', ...QUIET]
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
})
afterAll(() => browser?.close())

/** The page as somebody opens it from a mail, without a network; what it asks for beside itself is a failure. */
async function opened(options: BrowserContextOptions = {}, file = FILE): Promise<Page> {
  const context = await browser.newContext({ ...options, offline: true })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  page.on('console', (message) => asked.push(message.text()))
  page.on('dialog', (dialog) => asked.push(dialog.message()))
  await page.goto(pathToFileURL(file).href)
  expect(asked).toEqual([pathToFileURL(file).href])
  return page
}

it.each([360, 820, 1400])('%i wide, light and dark, it fits, and all of its text can be read', async (width) => {
  const page = await opened({ viewport: { width, height: 900 } })
  await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true')
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(PICTURES, `${width}-${colorScheme}.png`), fullPage: true })
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(0)
    const texts = await page.evaluate<readonly Shown[]>(SHOWN_TEXTS)
    expect(texts.length).toBeGreaterThan(80)
    expect(texts.filter(({ contrast }) => contrast < 4.5)).toEqual([])
    const ground = await page.evaluate<number>(`(${LUMINANCE})(getComputedStyle(document.body).backgroundColor)`)
    expect(ground < 0.5).toBe(colorScheme === 'dark')
  }
})

it('has hosts with how each ended, a lane for each, and a bar for each of its steps', async () => {
  const page = await opened()
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
    'prod: 2 changed, 1 failed, 1 skipped in 12.3 s',
  )
  expect(await page.locator('.hosts .host').allTextContents()).toEqual([
    'web1 ● changed',
    'web2 ✗ failed 1 change',
    'web3 – skipped',
  ])
  const web2 = page.getByRole('img', { name: /^web2: / })
  expect(await web2.getAttribute('aria-label')).toContain('drain 1.4 s, change 2.8 s, handler 0.7 s, gate 1.4 s')
  const classes = await web2.locator('rect').evaluateAll((all) => all.map((one) => one.getAttribute('class')))
  expect(classes).toEqual([
    ...['d-probe', 'd-wait', 'd-work is-failed', 'd-drain', 'd-change', 'd-handler', 'd-gate is-failed'],
  ])
  // They are drawn, in their order: the browser gave each a place and a size.
  const boxes = await Promise.all((await web2.locator('rect').all()).map((one) => one.boundingBox()))
  const [, , , ...steps] = boxes.map((box) => box?.x ?? Number.NaN)
  expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  expect(boxes.every((box) => (box?.width ?? 0) >= 1)).toBe(true)
})

it('is read with the keyboard alone: sections are links, hosts and diffs open', async () => {
  const page = await opened()
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Hosts')
  expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
  const focused = async () => String(await page.evaluate('document.activeElement.textContent'))
  for (let tabs = 0; tabs < 20 && !(await focused()).startsWith('web2 ✗'); tabs += 1) await page.keyboard.press('Tab')
  expect(await focused()).toMatch(/^web2 ✗ failed/)
  const steps = page.locator('details', { hasText: 'web2' }).first().getByText('out of backend web', { exact: true })
  expect(await steps.isVisible()).toBe(false)
  await page.keyboard.press('Enter')
  expect(await steps.isVisible()).toBe(true)
})

it('what a host said never runs, should it become an element all the same', async () => {
  const file = join(PICTURES, 'broken.html')
  const script = '<script>document.title = "owned"</script><img src="x" onerror="document.title = \'owned\'">'
  writeFileSync(file, pageOfEvents([...ROLLING_RUNS.rolling()]).replace('<main>', `<main>${script}`))
  const context = await browser.newContext({ offline: true })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const refused: string[] = []
  page.on('console', (message) => refused.push(message.text()))
  await page.goto(pathToFileURL(file).href)
  expect(await page.title()).toMatch(/^prod: /)
  expect(refused.join('\n')).toContain('Content Security Policy')
})

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
