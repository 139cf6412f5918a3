import { afterEach, describe, expect, it } from 'vitest'
import { type Stop, stopOnSignals } from '../../src/cli/signals.ts'

let stop: Stop | undefined
afterEach(() => stop?.dispose())

const told: string[] = []
const begin = (isChanging = true) => {
  told.length = 0
  stop = stopOnSignals(
    (message) => told.push(message),
    () => isChanging,
  )
  return stop
}
const send = (signal: NodeJS.Signals) => process.emit(signal, signal)

describe('signals', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s is the first Ctrl-C: no other host begins', (signal) => {
    const now = begin()
    expect(now.requested()).toBe(false)
    send(signal)
    expect([now.requested(), now.signal.aborted, told.length]).toEqual([true, false, 1])
  })

  it.each([
    [false, 'Stopping: no further host is asked, and nothing is changed. Press Ctrl-C again to abort.'],
    [true, 'Stopping: finishing hosts in progress. Press Ctrl-C again to abort.'],
  ])('the first one says what goes on (a host is being changed: %s)', (isChanging, sentence) => {
    begin(isChanging)
    send('SIGINT')
    expect(told).toEqual([sentence])
  })

  it('a second one lets go at once', () => {
    const now = begin()
    send('SIGHUP')
    send('SIGINT')
    expect(now.signal.aborted).toBe(true)
    send('SIGINT')
    expect(told).toHaveLength(2)
  })

  it('a closed terminal is said by the kernel and by the shell: it counts once', () => {
    const now = begin()
    for (let i = 0; i < 3; i++) send('SIGHUP')
    expect([now.requested(), now.signal.aborted, told.length]).toEqual([true, false, 1])
  })

  it('are let go of at the end', () => {
    const before = process.listenerCount('SIGHUP')
    begin().dispose()
    expect(process.listenerCount('SIGHUP')).toBe(before)
  })
})
