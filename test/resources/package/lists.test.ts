import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { refreshLists, UPDATE_LISTS } from '../../../src/resources/package/lists.ts'
import { dash } from '../../shell/dash.ts'
import { scratch } from '../converge.ts'

const LOCKED = [
  'Reading package lists...',
  'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 4711 (unattended-upgr)',
  'E: Unable to lock directory /var/lib/apt/lists/',
].join('\n')

/** apt-get says these in turn (the last for ever) with a status; a clock that only sleep moves. */
const run = (script: string, answers: readonly (readonly [status: number, said: string])[]) => {
  const dir = scratch()
  const cases = answers.map(
    ([status, said], i) =>
      `${i === answers.length - 1 ? '*' : i + 1}) cat <<'SAID'\n${said}\nSAID\n return ${status} ;;`,
  )
  const fakes = `
    echo 0 >${dir}/clock; echo 0 >${dir}/calls
    date() { read -r fake_now <${dir}/clock; echo $fake_now; }
    sleep() { read -r fake_now <${dir}/clock; echo $((fake_now + $1)) >${dir}/clock; }
    find() { :; }; touch() { :; }
    apt_get() { read -r fake_calls <${dir}/calls; echo $((fake_calls + 1)) >${dir}/calls; case $((fake_calls + 1)) in
${cases.join('\n')}
    esac; }
  `
  const ran = dash(`${fakes}\n( ${script.replaceAll('apt-get', 'apt_get')}\n); echo "status $?"`)
  return { said: ran.stdout + ran.stderr, seconds: Number(readFileSync(`${dir}/clock`, 'utf8')) }
}

describe("C52: the lock of apt's lists", () => {
  const update = `${UPDATE_LISTS.sh}\nupdate_lists -o x || { echo "locked: $lists_locked"; exit 1; }`

  it('C52: is waited for, and who holds it is said once', () => {
    const { said, seconds } = run(update, [
      [100, LOCKED],
      [100, LOCKED],
      [0, 'Get:1 lists'],
    ])
    expect(said).toBe(
      "provision: waiting for process 4711 (unattended-upgr), which holds the lock of apt's lists\nGet:1 lists\nstatus 0\n",
    )
    expect(seconds).toBe(6)
  })

  it('C52: is given up after five minutes, with who holds it and not a word of repositories', () => {
    const { said, seconds } = run(update, [[100, LOCKED]])
    expect(said).toContain("locked: process 4711 (unattended-upgr) has held the lock of apt's lists")
    expect(said).toContain('status 1')
    expect(seconds).toBe(300)
    const upgrade = run(refreshLists.sh, [[100, LOCKED]])
    expect(upgrade.said).toMatch(/^process 4711 .*for more than 5 minutes: run again when it is done\nstatus 1\n$/)
  })

  it('C52: another failure is told at once', () => {
    const { said, seconds } = run(update, [[100, 'E: The repository has no Release file.']])
    expect(said).toBe('E: The repository has no Release file.\nlocked: \nstatus 1\n')
    expect(seconds).toBe(0)
  })
})
