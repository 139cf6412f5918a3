import { describe, expect, it } from 'vitest'
import type { UnitState } from '../../../src/observe/units.ts'
import { type Service, serviceKind } from '../../../src/resources/service/service.ts'
import { answersTo } from '../answers.ts'

const IDLE: UnitState = {
  ...{ load: 'loaded', active: 'inactive', sub: 'dead', file: 'disabled', needsReload: false },
  ...{ type: 'simple', remainsAfterExit: false },
}
const MASKED = { load: 'masked', file: 'masked' }

/** @param own what the kind's own script told */
const planned = (desired: Service, unit: Partial<UnitState>, own = '') => {
  const key = serviceKind.key(desired)
  const said = answersTo(serviceKind, [desired], { units: { [key]: { ...IDLE, ...unit } }, own })
  const state = serviceKind.parse(said, [desired]).get(key)
  if (state === undefined || state === 'unknown') throw new Error('no state')
  return serviceKind.diff(desired, state)
}

describe('C15: a masked unit', () => {
  it('C15: is refused in the plan where it shall be enabled or started, with what helps', () => {
    expect(() => planned({ name: 'apt-daily.timer', enabled: true, hint: 'set x' }, MASKED)).toThrow(
      expect.objectContaining({ code: 'input', hint: 'set x', message: expect.stringContaining('is masked') }),
    )
    expect(() => planned({ name: 'app', state: 'started' }, MASKED)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('systemctl unmask app.service') }),
    )
    expect(() => planned({ name: 'app', state: 'started' }, { load: 'masked', file: '' })).toThrow()
  })

  it('C15: is unmasked where that is declared', () => {
    expect(planned({ name: 'app', enabled: true, masked: false }, MASKED)?.fields).toEqual([
      { field: 'masked', from: 'yes', to: 'no' },
      { field: 'enabled', from: 'masked', to: 'yes' },
    ])
  })

  it('C15: may be stopped, disabled and masked', () => {
    expect(planned({ name: 'app', enabled: false, state: 'stopped', masked: true }, MASKED)).toBeUndefined()
  })

  it('C15: comes with its package where the removal of that had masked it', () => {
    const more = '@awaits-package app.service'
    expect(planned({ name: 'app', enabled: true }, MASKED, more)?.fields).toEqual([
      { field: 'enabled', from: 'masked', to: 'yes' },
    ])
    expect(() => planned({ name: 'app2', enabled: true }, MASKED, more)).toThrow('is masked')
  })
})

describe('C20: a oneshot', () => {
  const oneshot = { type: 'oneshot' }

  it('C20: that ends with its work is refused in the plan where it shall be started', () => {
    expect(() => planned({ name: 'job', state: 'started' }, oneshot)).toThrow(
      expect.objectContaining({ code: 'input', hint: expect.stringContaining('timer') }),
    )
    expect(planned({ name: 'job', enabled: true }, oneshot)?.fields).toHaveLength(1)
    expect(planned({ name: 'job', state: 'stopped' }, oneshot)).toBeUndefined()
  })

  it('C20: that stays is started as others are', () => {
    expect(planned({ name: 'job', state: 'started' }, { ...oneshot, remainsAfterExit: true })?.fields).toHaveLength(1)
  })
})
