import { InputError, type Problem } from '../errors.ts'
import type { SealedPlan } from './format.ts'

const UNITS = { m: 60, h: 3600, d: 86_400 } as const
/** Targets forget applied plans some time after this. */
const LONGEST = 30 * UNITS.d
/** Seconds that clocks of two controllers may be apart. */
const CLOCKS = 300

/** Seconds of `90m`, `24h`, `7d`; undefined: it is no such time. */
export function validFor(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? []
  if (count === undefined || (unit !== 'm' && unit !== 'h' && unit !== 'd')) return undefined
  const seconds = Number(count) * UNITS[unit]
  return seconds <= LONGEST ? seconds : undefined
}

/** Why a plan is not applied at this time, by this machine's clock. */
export function expired({ made, until }: Pick<SealedPlan, 'made' | 'until'>, now: Date): Problem | undefined {
  if (now.getTime() >= Date.parse(until)) {
    return {
      message: `the plan expired ${ago(now.getTime() - Date.parse(until))} ago, on ${minute(until)}`,
      hint: 'make it anew; --valid-for says for how long it may be applied',
    }
  }
  const ahead = Date.parse(made) - now.getTime()
  if (ahead <= CLOCKS * 1000) return undefined
  return {
    message: `the plan was made ${ago(ahead)} from now by this machine's clock, on ${minute(made)}`,
    hint: 'the clock of this machine, or of the one that made it, is wrong',
  }
}

/** @throws InputError when it can't be applied now */
export function needValid(plan: SealedPlan, now = new Date()): void {
  const problem = expired(plan, now)
  if (problem) throw new InputError([problem])
}

/** `2026-03-01 14:05 UTC` */
export const minute = (iso: string): string => `${new Date(iso).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** `3 days`, `2 hours`, `1 minute` */
export function ago(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const units = [
    [UNITS.d, 'day'],
    [UNITS.h, 'hour'],
    [UNITS.m, 'minute'],
    [1, 'second'],
  ] as const
  const [size, name] = units.find(([one]) => seconds >= one) ?? [1, 'second']
  const count = Math.floor(seconds / size)
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
