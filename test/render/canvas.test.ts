import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCanvas } from '../../src/render/canvas.ts'
import { fakeTerminal } from './screen.ts'

/** A canvas on a terminal with a line above it. */
async function onTerminal(columns: number, rows: number) {
  const terminal = fakeTerminal(columns, rows, { keepFrames: false })
  const { out } = terminal
  const size = () => ({ columns: out.columns, rows: out.rows })
  out.write('above\n')
  const canvas = createCanvas(
    (text) => void out.write(text),
    size,
    (line) => line.length,
  )
  const text = async () => {
    await terminal.settled()
    return terminal.screen()
  }
  return { ...terminal, canvas, text }
}

describe('the canvas', () => {
  it('shows each list as it is, whatever was there before', async () => {
    const lines = fc.array(fc.constantFrom('a', 'bb', 'ccc', ''), { maxLength: 9 })
    await fc.assert(
      fc.asyncProperty(fc.array(lines, { minLength: 1, maxLength: 6 }), async (lists) => {
        const { canvas, text } = await onTerminal(20, 10)
        for (const list of lists) {
          canvas.draw(list)
          expect((await text()).trimEnd()).toBe(['above', ...list].join('\n').trimEnd())
        }
        canvas.clear()
        expect(await text()).toBe('above\n')
      }),
      { numRuns: 15 },
    )
  })

  it('writes what has changed, and nothing where that is nothing', async () => {
    const { canvas, written, settled } = await onTerminal(80, 24)
    const list = Array.from({ length: 20 }, (_, i) => `line ${i} ${'x'.repeat(60)}`)
    canvas.draw(list)
    await settled()
    const { bytes, writes } = written
    canvas.draw([...list])
    await settled()
    expect(written).toEqual({ bytes, writes })
    canvas.draw(list.with(7, 'another'))
    await settled()
    expect(written.bytes - bytes).toBeLessThan(70)
  })

  it.each([
    ['narrower, and lines are broken', 40, 24],
    ['wider', 120, 24],
    ['lower', 80, 14],
    ['higher', 80, 40],
  ])('is drawn once on a terminal that got %s', async (_, columns, rows) => {
    const { canvas, text, resize } = await onTerminal(80, 24)
    const list = Array.from({ length: 10 }, (_, i) => `${i}${'x'.repeat(i % 2 === 0 ? 70 : 10)}`)
    canvas.draw(list)
    await text()
    resize(columns, rows)
    const fitting = list.map((line) => line.slice(0, columns - 1))
    canvas.draw(fitting)
    expect(await text()).toBe(`${['above', ...fitting].join('\n')}\n`)
  })

  it('leaves the lines of a wide text where they are', async () => {
    const { canvas, visible, settled } = await onTerminal(20, 10)
    canvas.draw(['漢'.repeat(19), 'below'])
    canvas.draw(['漢'.repeat(19), 'below it'])
    await settled()
    expect(visible().slice(0, 4)).toEqual(['above', expect.stringMatching(/^漢+/), 'below it', ''])
  })
})
