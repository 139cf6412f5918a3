import { type Line, paint } from './format/line.ts'
import { breathing, type Steps } from './format/steps.ts'

/** Lines that are written at a time. */
const SHEET = 500

/** Lines one after the other, while others have their turn. */
export async function writeLines(lines: readonly Line[], stream: NodeJS.WritableStream, color: boolean): Promise<void> {
  await breathing(sheets(lines, stream, color))
}

function* sheets(lines: readonly Line[], stream: NodeJS.WritableStream, color: boolean): Steps<void> {
  for (let at = 0; at < lines.length; at += SHEET) {
    const sheet = lines.slice(at, at + SHEET).map((one) => `${paint(one, color)}\n`)
    stream.write(sheet.join(''))
    yield
  }
}
