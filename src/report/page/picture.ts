import { type ComponentChild, h } from 'preact'
import type { RecordedHost } from '../../records/record.ts'
import { orderText } from '../../render/format/rollout.ts'
import { counted, duration } from '../../render/format/words.ts'
import type { Story } from '../story.ts'
import { shown } from './text.ts'
import { type Ended, OUTCOMES } from './words.ts'

/** The tiers in the order in which they are changed, and how each of their hosts ended. */
export function picture(hosts: readonly RecordedHost[], story: Story): ComponentChild {
  const tiers = [...new Set(hosts.map(({ tier }) => tier))]
  return h(
    'section',
    { id: 'hosts' },
    h('h2', {}, 'Hosts'),
    h(
      'ol',
      { class: 'tiers' },
      tiers.map((tier) => {
        const own = hosts.filter((host) => host.tier === tier)
        return h(
          'li',
          { class: 'tier' },
          h('h3', {}, shown(tier), ' ', h('small', {}, counted(own.length, 'host'), timeText(tier, story))),
          order(tier, story),
          h('ul', { class: 'hosts' }, own.map(chip)),
        )
      }),
    ),
  )
}

const timeText = (tier: string, { times }: Story): string => {
  const own = times.filter((time) => time.tier === tier)
  return own.length === 0 ? '' : `, ${duration(own.reduce((sum, { from, to }) => sum + to - from, 0))}`
}

const order = (tier: string, { tiers }: Story): ComponentChild => {
  const text = orderText(tiers.find((plan) => plan.tier === tier))
  return text === undefined ? undefined : h('p', { class: 'order' }, shown(text))
}

const chip = ({ host, outcome, changed, at }: RecordedHost): ComponentChild => {
  const more = [
    ...(changed.length > 0 && outcome !== 'ok' ? [counted(changed.length, 'change')] : []),
    ...(at === undefined ? [] : [`at ${at}`]),
  ]
  return h(
    'li',
    { class: `host o-${outcome}` },
    h('b', {}, shown(host)),
    ' ',
    outcomeMark(outcome),
    more.length === 0 ? undefined : h('small', {}, ` ${shown(more.join(', '))}`),
  )
}

/** Never by colour alone. */
export const outcomeMark = (outcome: Ended): ComponentChild => {
  const { sign, word } = OUTCOMES[outcome]
  return h('span', { class: `mark o-${outcome}` }, h('span', { 'aria-hidden': 'true' }, `${sign} `), word)
}
