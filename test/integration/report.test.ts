import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BrowserContextOptions } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { ROLLING_RUNS } from '../fixtures/rolling-events.ts'
import { pageOfEvents } from '../report/told.ts'
import { expectReadable, PICTURES, reportBrowser } from './report-page.ts'

/** The report of a run in a real browser. */

const FILE = join(PICTURES, 'report.html')
const browser = reportBrowser()
beforeAll(() => writeFileSync(FILE, pageOfEvents([...ROLLING_RUNS.rolling()])))
const opened = (options: BrowserContextOptions = {}) => browser.opened(FILE, options)

it.each([360, 820, 1400])('%i wide, light and dark, it fits, and all of its text can be read', async (width) => {
  const page = await opened({ viewport: { width, height: 900 } })
  await expectReadable(page, String(width), 80)
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
  expect(
    await page
      .getByRole('img', { name: /^web \(nginx\): requests: 12/ })
      .locator('path')
      .count(),
  ).toBe(2)
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
  const page = await browser.newPage()
  const refused: string[] = []
  page.on('console', (message) => refused.push(message.text()))
  await page.goto(pathToFileURL(file).href)
  expect(await page.title()).toMatch(/^prod: /)
  expect(refused.join('\n')).toContain('Content Security Policy')
})
