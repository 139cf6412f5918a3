import type { Event } from '../execute/events.ts'
import { hasWork } from '../plan/host-plan.ts'
import type { HookCall, HookRun, Moment } from './hook.ts'

/** Finds the moments in what a run tells, one event after the other. */
export interface Moments {
  /** At most two: the end of a run that failed before any host did. */
  event(event: Event): readonly HookCall[]
  /** The first change is about to be made. */
  begun(): HookCall
}

export function momentsOf(run: HookRun): Moments {
  const working: string[] = []
  let size = 0
  let changes = 0
  let hasFailed = false
  /** Hosts out of service; with whether they are on their way back. */
  const out = new Map<string, boolean>()
  const call = (moment: Moment, text: string, hosts: readonly string[], event: object): HookCall => ({
    format: 'provision-hook',
    version: 1,
    moment,
    text: `${run.inventory}: ${text}`,
    hosts,
    run,
    event,
  })
  const back = (host: string, event: Event): HookCall[] => {
    if (out.get(host) !== true) return []
    out.delete(host)
    return [call('back', `${host} is back in service`, [host], event)]
  }
  const failed = (text: string, hosts: readonly string[], event: Event): HookCall[] => {
    if (hasFailed) return []
    hasFailed = true
    return [call('failed', text, hosts, event)]
  }
  const what = () => `${counted(changes, 'change')} on ${working.length} of ${counted(size, 'host')}`

  return {
    begun: () => call('begun', `${run.by} changes it: ${what()}`, [...working], { type: 'begun' }),
    event(event) {
      switch (event.type) {
        case 'run-started':
          size = event.hosts.length
          return []
        case 'host-planned':
          if (hasWork(event.plan)) {
            working.push(event.host)
            changes += event.plan.items.filter(({ action }) => action !== 'none').length
          }
          return []
        case 'rollout-planned':
          return [call('planned', `${run.by} plans ${what()}`, [...working], event)]
        case 'step-started':
          if (event.action === 'drain' && !out.has(event.host)) {
            out.set(event.host, false)
            return [call('drained', `${event.host} is taken out of service`, [event.host], event)]
          }
          if (event.action === 'undrain') out.set(event.host, true)
          return event.action === 'verify' ? back(event.host, event) : []
        case 'host-finished': {
          const { host, result } = event
          return [
            ...(result.drained ? [] : back(host, event)),
            ...(result.outcome === 'failed'
              ? failed(`${host} failed: ${result.failure?.message ?? 'no reason is known'}`, [host], event)
              : []),
          ]
        }
        case 'input-errors': {
          const text = `ended by an error: ${event.problems[0]?.message ?? 'no reason is known'}`
          return [...failed(text, [], event), call('finished', text, [], event)]
        }
        case 'run-finished': {
          const { ok, changed, planned, failed, skipped } = event.summary
          const counts = `${run.check ? `${planned} would change` : `${changed} changed`}, ${ok} ok, ${failed} failed`
          const more = skipped > 0 ? `, ${skipped} skipped` : ''
          const touched = event.results.filter((one) => one.outcome !== 'ok').map(({ host }) => host)
          return [call('finished', `${counts}${more} (${run.by})`, touched, event)]
        }
        default:
          return []
      }
    },
  }
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
