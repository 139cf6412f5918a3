import { describe, expect, it } from 'vitest'
import { keepDrainedServers } from '../../../src/products/nginx/steps.ts'

const DRAINED = 'down; # drained by provision'
const upstreams = (...servers: readonly string[]) =>
  ['upstream app {', ...servers.map((server) => `    server ${server}`), '}', ''].join('\n')

describe('keepDrainedServers', () => {
  it('C32: leaves a server drained that a run has drained, and every other line as declared', () => {
    const wanted = upstreams('10.0.0.1:3000 weight=2;', '10.0.0.11:3000 backup;', '10.0.0.3:3000;')
    const present = upstreams(`10.0.0.1:3000 ${DRAINED}`, '10.0.0.11:3000;')
    expect(keepDrainedServers(wanted, present)).toBe(
      upstreams(`10.0.0.1:3000 weight=2 ${DRAINED}`, '10.0.0.11:3000 backup;', '10.0.0.3:3000;'),
    )
  })

  it('is the declared text where nothing is drained, or what is drained is declared no more', () => {
    const wanted = upstreams('10.0.0.2:3000;')
    expect(keepDrainedServers(wanted, 'anything at all')).toBe(wanted)
    expect(keepDrainedServers(wanted, upstreams(`10.0.0.1:3000 ${DRAINED}`))).toBe(wanted)
  })

  it('leaves a server that is declared down as it is, and the same twice is the same', () => {
    const wanted = upstreams('10.0.0.1:3000 down;')
    const present = upstreams(`10.0.0.1:3000 ${DRAINED}`)
    expect(keepDrainedServers(wanted, present)).toBe(wanted)
    const kept = keepDrainedServers(upstreams('10.0.0.1:3000;'), present)
    expect(keepDrainedServers(upstreams('10.0.0.1:3000;'), kept)).toBe(kept)
  })
})
