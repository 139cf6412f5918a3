import { type ComponentChild, h } from 'preact'
import type { RecordedHost } from '../../records/record.ts'
import { duration } from '../../render/format/words.ts'
import type { Doing, HostStory, Story, Stretch } from '../story.ts'
import { clock, percent, ticksOf } from './axis.ts'
import { outcomeMark } from './picture.ts'
import { shown } from './text.ts'
import { DOINGS, doingWord, stepName } from './words.ts'

const BAR = 20

/** What each host was at, and when; opened, a host's steps are a table. */
export function timeline(hosts: readonly RecordedHost[], story: Story): ComponentChild {
  const outcomes = new Map(hosts.map((one) => [one.host, one.outcome]))
  return h(
    'section',
    { id: 'timeline' },
    h('h2', {}, 'Timeline'),
    legend(story),
    h('div', { class: 'row axis', 'aria-hidden': 'true' }, h('span', {}), axis(story.ms)),
    story.hosts.map((one) =>
      h(
        'details',
        { class: 'lane' },
        h(
          'summary',
          { class: 'row' },
          h(
            'span',
            { class: 'who' },
            h('b', {}, shown(one.host)),
            ' ',
            outcomeMark(outcomes.get(one.host) ?? 'waiting'),
          ),
          bar(one, story.ms),
        ),
        steps(one),
      ),
    ),
  )
}

/** Only what is in the picture. */
function legend({ hosts }: Story): ComponentChild {
  const seen = new Set(hosts.flatMap(({ stretches }) => stretches.map(({ doing }) => doing)))
  return h(
    'ul',
    { class: 'legend', 'aria-label': 'colours' },
    [...DOINGS]
      .filter(([doing]) => [...seen].some((one) => one === doing))
      .map(([doing, word]) =>
        h(
          'li',
          {},
          h(
            'svg',
            { width: 14, height: 14, 'aria-hidden': 'true' },
            h('rect', { class: `d-${doing}`, width: 14, height: 14 }),
          ),
          ' ',
          word,
        ),
      ),
  )
}

/** The times above what is drawn. */
export const axis = (ms: number): ComponentChild =>
  h(
    'svg',
    { width: '100%', height: BAR },
    ticksOf(0, ms).map(({ part, text }) =>
      h(
        'text',
        { x: percent(part), y: 14, 'text-anchor': part === 0 ? 'start' : part > 0.97 ? 'end' : 'middle' },
        text,
      ),
    ),
  )

/** Steps are drawn over the time in which the host was at work. */
function bar({ host, stretches }: HostStory, ms: number): ComponentChild {
  const isOuter = (doing: Doing) => ['connect', 'probe', 'wait', 'work'].includes(doing)
  const ordered = [
    ...stretches.filter(({ doing }) => isOuter(doing)),
    ...stretches.filter(({ doing }) => !isOuter(doing)),
  ]
  return h(
    'svg',
    { width: '100%', height: BAR, role: 'img', 'aria-label': `${shown(host)}: ${sentence(stretches)}` },
    ticksOf(0, ms).map(({ part }) =>
      h('line', { class: 'tick', x1: percent(part), x2: percent(part), y1: 0, y2: BAR }),
    ),
    ordered.map((one) => stretch(one, ms)),
  )
}

function stretch(one: Stretch, ms: number): ComponentChild {
  const { doing, from, to, ok } = one
  const [y, height] = doing === 'wait' ? [BAR / 2 - 1, 2] : doing === 'work' ? [6, BAR - 12] : [3, BAR - 6]
  return h(
    'rect',
    {
      class: `d-${doing}${ok === false ? ' is-failed' : ok === undefined ? ' is-open' : ''}`,
      x: percent(from / ms),
      width: percent((to - from) / ms),
      ...{ y, height },
    },
    h('title', {}, `${nameOf(one)}: ${duration(to - from)}${endOf(one)}`),
  )
}

const nameOf = ({ doing, key }: Stretch): string => (key === undefined ? doingWord(doing) : shown(key))
const endOf = ({ ok }: Stretch): string => (ok === undefined ? ', its end was not heard' : ok ? '' : ', failed')

/** For those who do not see it: how long it was at what. */
function sentence(stretches: readonly Stretch[]): string {
  const total = new Map<Doing, number>()
  for (const { doing, from, to } of stretches) total.set(doing, (total.get(doing) ?? 0) + to - from)
  const parts = [...total].map(([doing, ms]) => `${doingWord(doing)} ${duration(ms)}`)
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}

function steps({ stretches, notes }: HostStory): ComponentChild {
  const rows = [
    ...stretches.map((one) => ({
      at: one.from,
      cells: [clock(one.from), duration(one.to - one.from), doingWord(one.doing), stepName(one), endText(one)],
    })),
    ...notes.map(({ at, message }) => ({ at, cells: [clock(at), '', 'note', message, ''] })),
  ].toSorted((a, b) => a.at - b.at)
  if (rows.length === 0) return h('p', {}, 'Nothing was said to it.')
  return table(
    ['at', 'took', 'what', '', 'end'],
    rows.map(({ cells }) => cells),
  )
}

const endText = ({ ok, key }: Stretch): string =>
  ok === undefined ? 'not heard' : ok ? (key === undefined ? '' : 'ok') : 'failed'

/** A table that is scrolled where the page is too narrow for it. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): ComponentChild =>
  h(
    'div',
    { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'table' },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          heads.map((head) => (head === '' ? h('td', {}) : h('th', { scope: 'col' }, head))),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((cells) =>
          h(
            'tr',
            {},
            cells.map((cell) => h('td', {}, shown(cell))),
          ),
        ),
      ),
    ),
  )
