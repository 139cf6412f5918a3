import type { Action } from '../resources/resource.ts'
import type { Phase } from '../rollout/phase.ts'

/** What a step does: a change, a handler, or what the rollout does around them. */
export type StepAction = Action | 'handler' | Phase

/** A change, a handler, or a step of a rollout is begun on a host. */
export interface StepStarted {
  readonly type: 'step-started'
  readonly host: string
  /** Of the resource; `handler:` and an id; or the phase and what it does: `drain:out of the balancer`. */
  readonly key: string
  readonly action: StepAction
}

/** A line that a step printed. */
export interface StepOutput {
  readonly type: 'output'
  readonly host: string
  readonly key: string
  readonly line: string
}

/** The end of a step. */
export interface StepFinished {
  readonly type: 'step-finished'
  readonly host: string
  readonly key: string
  /** False: it failed, and `host-finished` says why. */
  readonly ok: boolean
  /** Milliseconds. */
  readonly ms: number
}

/** Something about a host that people should know; no failure. */
export interface HostNote {
  readonly type: 'host-note'
  readonly host: string
  readonly message: string
}

/** A script as it is sent to a host; only with `--show-script`. */
export interface ScriptShown {
  readonly type: 'script'
  readonly host: string
  /** What it is for: `probe`, `apply` and the like. */
  readonly purpose: string
  readonly script: string
}

/** What is told of one host while something is said to it. */
export type HostEvent = StepStarted | StepOutput | StepFinished | HostNote | ScriptShown
