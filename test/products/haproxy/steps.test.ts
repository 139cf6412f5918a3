import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { haproxyServer } from '../../../src/products/haproxy/steps.ts'
import type { Script } from '../../../src/shell/script.ts'
import { projectFolder } from '../../project-folder.ts'
import { dash } from '../../shell/dash.ts'

const STATES = '1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state\n'

/** A load balancer that keeps what it was told; haproxy's own words (2.6 and 3.0) in its answers. */
function balancer(admin: number) {
  const dir = projectFolder({ admin: `${admin}\n` })
  const program = (name: string, lines: readonly string[]) => {
    writeFileSync(join(dir, name), ['#!/bin/sh', ...lines].join('\n'))
    chmodSync(join(dir, name), 0o755)
  }
  program('systemctl', ['exit 0'])
  program('socat', [
    `cd ${dir}; read -r asked; now=$(cat admin)`,
    'case $asked in',
    `  'show servers state web') printf '${STATES.replaceAll('\n', '\\n')}3 web 1 web1 10.0.0.1 2 %s\\n' "$now" ;;`,
    "  'show stat web 4 -1')",
    '    case $now in 0) status=UP ;; 8) status=DRAIN ;; *) status=MAINT ;; esac',
    `    printf '# pxname,svname,qcur,scur,status,last_chk,\\nweb,web1,0,0,%s,,\\nweb,web2,0,0,UP,,\\n' "$status" ;;`,
    "  'set server web/web1 state drain') echo $((now | 8)) >admin ;;",
    "  'set server web/web1 state ready') echo 0 >admin ;;",
    '  *) echo "Unknown command: $asked" ;;',
    'esac',
  ])
  const steps = haproxyServer({ on: ['lb1'], backend: 'web', server: 'web1' })
  const marks = join(dir, 'marks')
  return {
    steps,
    admin: () => Number(readFileSync(join(dir, 'admin'), 'utf8')),
    isMarked: () => existsSync(join(marks, 'web,web1')),
    restarted: () => writeFileSync(join(dir, 'admin'), '0\n'),
    byHand: (state: number) => writeFileSync(join(dir, 'admin'), `${state}\n`),
    run(script: Script | undefined): string {
      const text = (script?.sh ?? 'false').replaceAll('/run/provision/haproxy-drained', marks)
      const env = { ...process.env, PATH: `${dir}:${process.env.PATH}` }
      const { status, stdout } = dash(`exec 2>&1; set -eu\n${text}`, [], env)
      expect(status, stdout).toBe(0)
      return stdout.trim()
    },
  }
}

describe('a server of haproxy', () => {
  it('is drained and put back, with a mark that says who did it', () => {
    const { steps, run, admin, isMarked } = balancer(0)
    expect(run(steps.drain.run)).toBe('')
    expect([admin(), isMarked()]).toEqual([8, true])
    expect(run(steps.drain.until)).toBe('')
    expect(run(steps.drain.run)).toBe('')
    expect(run(steps.undrain.run)).toBe('')
    expect([admin(), isMarked()]).toEqual([0, false])
    expect(run(steps.undrain.until)).toBe('')
  })

  it.each([
    ['drained', 8, 'web1 is manually drained: left as is'],
    ['put into maintenance', 1, 'web1 is manually in MAINT: left as is'],
    ['drained and put into maintenance', 9, 'web1 is manually in MAINT: left as is'],
  ])('that somebody has %s stays so', (_, state, said) => {
    const { steps, run, admin, isMarked } = balancer(state)
    expect(run(steps.preflight.until)).toBe('')
    expect(run(steps.drain.run)).toBe(said)
    expect(run(steps.drain.until)).toBe('')
    expect(run(steps.undrain.run)).toBe(said)
    expect(run(steps.undrain.until)).toBe('')
    expect([admin(), isMarked()]).toEqual([state, false])
  })

  it('is put back, and the mark goes, where haproxy was started anew meanwhile', () => {
    const { steps, run, admin, isMarked, restarted, byHand } = balancer(0)
    run(steps.drain.run)
    restarted()
    expect(run(steps.undrain.run)).toBe('')
    expect(isMarked()).toBe(false)
    byHand(8)
    expect(run(steps.undrain.run)).toBe('web1 is manually drained: left as is')
    expect(admin()).toBe(8)
  })
})
