import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { load } from '../traffic.ts'
import { until } from '../until.ts'
import { type Stack, TIERS } from './bed.ts'
import { prometheus } from './prometheus.ts'

const WINDOW_S = 5

export function failover(bed: Stack): void {
  const { told } = prometheus(bed)

  /** Both addresses have these owners and no other. @returns seconds until then */
  const settled = (wanted: readonly [string, string], timeout: number) =>
    until(`owners ${wanted.join(', ')}`, timeout, async () => (await bed.owners()).join() === wanted.join(), 250)

  /** GETs through both addresses while something happens. @returns those that failed later than the window after it */
  async function failedAfter(accident: () => Promise<unknown>, urls = bed.vips.map((vip) => `http://${vip}/`)) {
    const traffic = load(urls, { rate: 20 })
    await sleep(1000)
    await accident()
    const since = Date.now()
    await sleep((WINDOW_S + 5) * 1000)
    const { sent, failures } = await traffic.stop()
    expect(sent.filter((at) => at > since + WINDOW_S * 1000).length).toBeGreaterThan(50)
    return failures.filter(({ at }) => at > since + WINDOW_S * 1000)
  }

  describe('each address has one owner within 5 s, and requests go on', () => {
    beforeEach(() => settled(['lb1', 'lb2'], 30))

    test('when haproxy stops', async () => {
      const later = failedAfter(() => bed.on('lb1', 'systemctl stop haproxy'))
      await sleep(1000)
      expect(await settled(['lb2', 'lb2'], WINDOW_S + 1)).toBeLessThan(WINDOW_S)
      expect(await later).toEqual([])
      await bed.on('lb1', 'systemctl start haproxy')
    })

    test('when keepalived is killed', async () => {
      const seen: string[] = []
      const later = failedAfter(async () => {
        await bed.on('lb2', 'pkill -KILL -x keepalived')
        await sleep(WINDOW_S * 1000)
        for (let i = 0; i < 10; i += 1) seen.push(...(await bed.owners()))
      })
      expect(await later).toEqual([])
      // Neither nobody nor both.
      expect(seen.filter((owner) => !/^lb[12]$/.test(owner))).toEqual([])
    })

    test('when a load balancer loses its power', async () => {
      const later = failedAfter(() => bed.host('lb1').kill())
      await sleep(1000)
      expect(await settled(['lb2', 'lb2'], WINDOW_S + 1)).toBeLessThan(WINDOW_S)
      expect(await later).toEqual([])
      await bed.host('lb1').start()
      await settled(['lb1', 'lb2'], 40)
    })
  })

  describe('under load, with both gone no GET fails after the window of health checks', () => {
    test('a web server and the application server of another', async () => {
      const accident = () => Promise.all([bed.host('web1').kill(), bed.host('app2').kill()])
      expect(await failedAfter(accident)).toEqual([])
    })

    test('Prometheus tells who is dead, which address nobody has, and which replica stands still', async () => {
      await Promise.all(TIERS.lb.map((name) => bed.on(name, 'systemctl stop keepalived')))
      await bed.on('db3', "mysql -e 'STOP REPLICA SQL_THREAD'")
      const all = async () => {
        const { dead, server, address, replica } = await told()
        const hosts = ['web1', 'app2'].every((name) => name in dead)
        return hosts && 'web1' in server && bed.vips.every((vip) => vip in address) && 'db3' in replica
      }
      await until('all alerts', 90, all, 1000)
      await Promise.all([bed.host('web1').start(), bed.host('app2').start()])
      await Promise.all(TIERS.lb.map((name) => bed.on(name, 'systemctl start keepalived')))
      // The run that comes next starts the thread again.
      const repaired = await bed.run('--limit', 'db3')
      expect(repaired.result('db3').changed).toContain('mysql-replication:server')
    })
  })

  test('a replica that was off catches up, and all alerts end', async () => {
    await settled(['lb1', 'lb2'], 40)
    await bed.host('db2').kill()
    const note = `while db2 was off, ${Date.now()}`
    expect((await fetch(`http://${bed.vips[0]}/`, { method: 'POST', body: note })).status).toBe(201)
    await bed.host('db2').start()
    const there = async () =>
      (await bed.host('db2').exec("mysql -NB shop -e 'SELECT text FROM notes'")).stdout.includes(note)
    await until('the note is on db2', 60, there)
    await settled(['lb1', 'lb2'], 40)
    const over = async () => Object.values(await told()).every((alerts) => Object.keys(alerts).length === 0)
    await until('no alert any more', 120, over, 1000)
  })
}
