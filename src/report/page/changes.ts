import { type ComponentChild, h } from 'preact'
import { isTelling } from '../../plan/host-plan.ts'
import { partMaker } from '../../render/format/plan.ts'
import { partLines, sizeOf } from '../../render/format/sections.ts'
import { type Section, type SharedPart, sectionsOf } from '../../render/format/shared.ts'
import type { Story } from '../story.ts'
import { lines, shown, spans } from './text.ts'

const OPTIONS = { diff: true, full: true, verbosity: 0 } as const

/** What was planned, put together by resource as on a terminal; of each the diff, opened by who wants to see it. */
export function changes({ started, plans }: Story): ComponentChild {
  const planned = (started?.hosts ?? []).flatMap(({ name }) => plans.get(name) ?? []).filter(isTelling)
  const parts = partMaker(OPTIONS)
  const sections = sectionsOf(new Map(planned.map((plan) => [plan.host, parts(plan)])))
  return h(
    'section',
    { id: 'changes' },
    h('h2', {}, plannedTitle({ started })),
    sections.length === 0 ? h('p', {}, 'Nothing.') : sections.map((one) => section(one)),
  )
}

/** Of a run that went on, what became of it stands elsewhere. */
export const plannedTitle = ({ started }: Pick<Story, 'started'>): string =>
  started?.check ? 'What would change' : 'What was planned'

const section = ({ hosts, parts }: Section): ComponentChild =>
  h(
    'section',
    { class: 'group' },
    h('h3', {}, shown(hosts.join(', ')), ' ', h('small', {}, sizeOf(parts) ?? 'around their changes')),
    parts.map(part),
  )

/** Its first line says what is done; where there is more, that is opened. What is done around changes is short. */
function part(one: SharedPart): ComponentChild {
  const all = partLines(one, { full: true })
  if (one.counts === undefined) return all.map((line) => h('p', { class: 'part' }, h('code', {}, spans(line))))
  const [head = [], ...more] = all
  const first = h('code', {}, spans(head))
  return more.length === 0
    ? h('p', { class: 'part' }, first)
    : h('details', { class: 'part' }, h('summary', {}, first), lines(more, `changes of ${shown(one.key)}`))
}
