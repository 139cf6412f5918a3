import { type ComponentChild, h } from 'preact'
import { type Line, printable } from '../../render/format/line.ts'

/** A text of a host: what a browser would not show, or would show elsewhere, is written as an escape. */
export const shown = (text: string): string => printable(text)

/** Lines as a terminal has them. What is wider than the page is scrolled, also with the keyboard. */
export const lines = (all: readonly Line[], label: string): ComponentChild =>
  h('pre', { tabIndex: 0, role: 'region', 'aria-label': label }, ended(all))

/** Sentences, which go on in the next line where the page is narrow. */
export const prose = (all: readonly Line[]): ComponentChild => h('pre', { class: 'prose' }, ended(all))

const ended = (all: readonly Line[]) => all.map((line) => [spans(line), '\n'])

/** One line. */
export const spans = (line: Line): ComponentChild[] =>
  line.map(({ text, tone }) => (tone === undefined ? shown(text) : h('span', { class: `t-${tone}` }, shown(text))))
