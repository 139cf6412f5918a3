import type { Action } from '../resources/resource.ts'
import type { Phase } from '../rollout/phase.ts'

/** What a step does: a change, a handler, or what the rollout does around them. */
export type StepAction = Action | 'handler' | Phase

/** What is told of one host while something is said to it. */
export type HostEvent =
  | { readonly type: 'step-started'; readonly host: string; readonly key: string; readonly action: StepAction }
  | { readonly type: 'output'; readonly host: string; readonly key: string; readonly line: string }
  | {
      readonly type: 'step-finished'
      readonly host: string
      readonly key: string
      readonly ok: boolean
      readonly ms: number
    }
  | { readonly type: 'host-note'; readonly host: string; readonly message: string }
  | { readonly type: 'script'; readonly host: string; readonly purpose: string; readonly script: string }
