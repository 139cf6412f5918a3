import { type ComponentChild, h } from 'preact'
import type { Moment, Story, TierLoad } from '../story.ts'
import { percent, ticksOf } from './axis.ts'
import { prose, shown } from './text.ts'
import { axis } from './timeline.ts'

const HEIGHT = 44
/** A curve is drawn in a box of its own, which is stretched to the width of the page. */
const BOX = 1000

/** What went through the tiers meanwhile, on the axis of the timeline, so that one is read below the other. */
export function throughput({ throughput: all, ms }: Story): ComponentChild {
  if (all.length === 0) return undefined
  const known = all.filter(({ unknown }) => unknown === undefined)
  const unknown = all.filter((one) => one.unknown !== undefined)
  return h(
    'section',
    { id: 'requests' },
    h('h2', {}, 'Requests'),
    known.length === 0 ? undefined : h('div', { class: 'row axis', 'aria-hidden': 'true' }, h('span', {}), axis(ms)),
    known.map((one) => tier(one, ms)),
    unknown.length === 0
      ? undefined
      : prose(
          unknown.map(({ tier, role, on, unknown }) => [{ text: `${tier} (${role}): not known: ${on}: ${unknown}` }]),
        ),
  )
}

function tier({ tier: name, role, on, requests, errors }: TierLoad, ms: number): ComponentChild {
  const captions = {
    requests: figures('requests', requests),
    errors: errors ? figures('errors', errors) : 'errors are not counted',
  }
  const what = `${shown(name)} (${shown(role)})`
  return [
    h(
      'div',
      { class: 'row load' },
      h('span', { class: 'who' }, h('b', {}, shown(name)), h('small', {}, ` ${shown(role)}, as ${shown(on)} counted`)),
      h(
        'svg',
        {
          width: '100%',
          height: HEIGHT,
          role: 'img',
          'aria-label': `${what}: ${captions.requests}; ${captions.errors}`,
        },
        ticksOf(0, ms).map(({ part }) =>
          h('line', { class: 'tick', x1: percent(part), x2: percent(part), y1: 0, y2: HEIGHT }),
        ),
        curve('c-requests', requests, ms, mostOf(requests)),
        errors && curve('c-errors', errors, ms, mostOf(requests)),
      ),
    ),
    h(
      'p',
      { class: 'figures' },
      h('span', { class: 'f-requests' }, captions.requests),
      '; ',
      h('span', mostOf(errors ?? []) > 0 ? { class: 'f-errors' } : {}, captions.errors),
      '.',
    ),
  ]
}

const mostOf = (moments: readonly Moment[]): number => Math.max(0, ...moments.map(({ perSecond }) => perSecond))

/** What lies before the run is not drawn: the axis begins with it. */
function curve(kind: string, moments: readonly Moment[], ms: number, most: number): ComponentChild {
  const points = moments
    .filter(({ at }) => at >= 0 && at <= ms)
    .map(({ at, perSecond }) => {
      const y = most === 0 ? 1 : 1 - Math.min(perSecond / most, 1)
      return `${Math.round((at / Math.max(ms, 1)) * BOX)} ${(2 + y * (HEIGHT - 4)).toFixed(1)}`
    })
  if (points.length === 0) return undefined
  return h(
    'svg',
    { width: '100%', height: HEIGHT, viewBox: `0 0 ${BOX} ${HEIGHT}`, preserveAspectRatio: 'none' },
    h('path', { class: kind, d: `M${points.join('L')}`, 'vector-effect': 'non-scaling-stroke' }),
  )
}

/** `requests: 12.1/s before, then 8 to 14.3/s`; `no errors`. */
function figures(what: string, moments: readonly Moment[]): string {
  const [before, during] = [moments.filter(({ at }) => at < 0), moments.filter(({ at }) => at >= 0)]
  const values = during.map(({ perSecond }) => perSecond)
  if (moments.every(({ perSecond }) => perSecond === 0)) return `no ${what}`
  const earlier = before.length === 0 ? '' : `${rate(meanOf(before))} before, `
  if (values.length === 0) return `${what}: ${earlier}during the run not known`
  const [least, highest] = [Math.min(...values), Math.max(...values)]
  return `${what}: ${earlier}${least === highest ? rate(least) : `${number(least)} to ${rate(highest)}`} during the run`
}

const meanOf = (moments: readonly Moment[]): number =>
  moments.reduce((sum, { perSecond }) => sum + perSecond, 0) / moments.length

const number = (value: number): string => String(Number(value >= 100 ? value.toFixed(0) : value.toPrecision(3)))
const rate = (value: number): string => `${number(value)}/s`
