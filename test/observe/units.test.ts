import { describe, expect, it } from 'vitest'
import { parseUnits } from '../../src/observe/units.ts'

/** As a host of Debian 12 told it: an alias answers with the other's state, what is missing has no file. */
const TOLD = `Type=notify
RemainAfterExit=no
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
NeedDaemonReload=no

LoadState=loaded
ActiveState=active
SubState=listening
UnitFileState=enabled
NeedDaemonReload=yes

Type=oneshot
RemainAfterExit=yes
LoadState=loaded
ActiveState=active
SubState=exited
UnitFileState=static
NeedDaemonReload=no

LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
NeedDaemonReload=no
`
const NAMES = ['sshd.service', 'ssh.socket', 'job.service', 'nosuch.service']

describe('what systemd tells of units', () => {
  it('is read in the order of the names', () => {
    expect(Object.fromEntries(parseUnits(TOLD, NAMES))).toEqual({
      'sshd.service': {
        ...{ load: 'loaded', active: 'active', sub: 'running', file: 'enabled', needsReload: false },
        ...{ type: 'notify', remainsAfterExit: false },
      },
      'ssh.socket': { load: 'loaded', active: 'active', sub: 'listening', file: 'enabled', needsReload: true },
      'job.service': {
        ...{ load: 'loaded', active: 'active', sub: 'exited', file: 'static', needsReload: false },
        ...{ type: 'oneshot', remainsAfterExit: true },
      },
      'nosuch.service': { load: 'not-found', active: 'inactive', sub: 'dead', file: '', needsReload: false },
    })
  })

  it('is an error when it is of more or fewer units than were asked for, or not all of one', () => {
    expect(() => parseUnits(TOLD, NAMES.slice(1))).toThrow('told of 4 units, asked for 3')
    expect(() => parseUnits('', NAMES)).toThrow('told of 0 units, asked for 4')
    expect(() => parseUnits(TOLD.replace('SubState=dead\n', ''), NAMES)).toThrow('did not tell SubState')
  })
})
