import type { CompiledResource } from '../catalog/compiled.ts'
import { FILES_LIBRARY } from '../resources/files-library.ts'
import type { ResourceKind } from '../resources/resource.ts'
import { gatherShared, probeShared, type Shared, splitShared } from '../resources/shared.ts'
import { type Answer, bulkProbeScript, type Fragment } from '../shell/frame.ts'
import { EMPTY, rawScript, type Script } from '../shell/script.ts'
import { targetStateProbe } from './target-state.ts'

/** Resources of one kind on one host, in order. */
export interface KindGroup {
  readonly kind: ResourceKind
  readonly resources: readonly CompiledResource[]
}

/** Ids of the fragments that are not kinds'; a kind's name has no dot. */
export const FACTS = 'provision.facts'
export const STATE = 'provision.state'
export const AFTER = 'provision.after'
const FILES = 'provision.files'
const UNITS = 'provision.units'

/** A fragment that can be asked alone, or without the part that other fragments ask as well. */
export interface Question extends Fragment {
  readonly common?: { readonly shared: Shared; readonly rest: Script } | undefined
}

/** Seconds that one kind's probe may take before it counts as failed. */
const PROBE_TIMEOUT = 30

export function groupByKind(resources: readonly CompiledResource[]): KindGroup[] {
  const groups = new Map<string, { kind: ResourceKind; resources: CompiledResource[] }>()
  for (const resource of resources) {
    const group = groups.get(resource.kind.kind)
    if (group) group.resources.push(resource)
    else groups.set(resource.kind.kind, { kind: resource.kind, resources: [resource] })
  }
  return [...groups.values()]
}

/** Seconds for all of them together, when one shell asks. */
const BULK_TIMEOUT = 60

/**
 * Everything that a host is asked: facts, what earlier runs left, and each kind's bulk probe.
 * @param after runs last (the lock is given back with the probe that verifies)
 */
export function probeFragments(facts: Script, resources: readonly CompiledResource[], after?: Script): Question[] {
  const kinds = groupByKind(resources).map(({ kind, resources: all }): Question => {
    const desired = all.map((resource) => resource.desired)
    const script = kind.probe(desired)
    return { id: kind.kind, script, timeout: PROBE_TIMEOUT, common: commonOf(script, kind.shared?.(desired)) }
  })
  return [
    { id: FACTS, script: facts, timeout: PROBE_TIMEOUT },
    { id: STATE, script: targetStateProbe, timeout: PROBE_TIMEOUT },
    ...kinds,
    ...(after ? [{ id: AFTER, script: after, timeout: PROBE_TIMEOUT }] : []),
  ]
}

function commonOf(script: Script, shared: Shared | undefined): Question['common'] {
  const head = shared && probeShared(shared).sh
  // A probe that does not begin with it is asked whole.
  return head && script.sh.startsWith(head)
    ? { shared, rest: rawScript(script.sh.slice(head.length).trim()) }
    : undefined
}

const sharedOf = (questions: readonly Question[]): Shared[] => questions.map(({ common }) => common?.shared ?? {})

/**
 * The one script that asks a host all of it, files and units once for all kinds.
 * @param nonce marks the frames of this exec; unguessable, letters and digits
 */
export function probeBatch(nonce: string, questions: readonly Question[]): Script {
  const { files, units } = gatherShared(sharedOf(questions))
  const together = [
    { id: FILES, script: files ? probeShared({ files }) : EMPTY },
    { id: UNITS, script: units ? probeShared({ units }) : EMPTY },
    ...questions.map(({ id, script, common }) => ({ id, script: common?.rest ?? script })),
  ]
  const asked = together.filter(({ script }) => script.sh !== '')
  return bulkProbeScript(nonce, asked, BULK_TIMEOUT, [FILES_LIBRARY])
}

/**
 * The answers to {@link probeBatch} as each question would have had them alone. Where the common part failed, those that
 * have one are left without an answer: asked apart, only the one at fault fails.
 */
export function batchAnswers(
  questions: readonly Question[],
  answers: ReadonlyMap<string, Answer>,
): ReadonlyMap<string, Answer> {
  const parts = commonAnswers(questions, answers)
  const whole = questions.flatMap(({ id, common }, i): [string, Answer][] => {
    const own = common?.rest.sh === '' ? { id, status: 0, body: '' } : answers.get(id)
    const part = common ? parts[i] : ''
    if (own === undefined || part === undefined) return []
    return [[id, { ...own, body: [part, own.body].filter((text) => text !== '').join('\n') }]]
  })
  return new Map(whole)
}

function commonAnswers(
  questions: readonly Question[],
  answers: ReadonlyMap<string, Answer>,
): readonly (string | undefined)[] {
  const body = (id: string): string | undefined => {
    const answer = answers.get(id)
    return answer?.status === 0 ? answer.body : undefined
  }
  try {
    return splitShared(sharedOf(questions), { files: body(FILES), units: body(UNITS) })
  } catch {
    return []
  }
}
