import type { Stack } from './bed.ts'

export const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (one, key) => (typeof one === 'object' && one !== null ? Reflect.get(one, key) : undefined),
    value,
  )
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The HTTP API of Prometheus. */
export function prometheus(bed: Stack) {
  /** What it answers under `data`. */
  const api = async (path: string): Promise<unknown> => {
    const answer: unknown = await (await fetch(`http://${bed.addressOf('mon1')}:9090/api/v1/${path}`)).json()
    return at(answer, 'data')
  }
  /** Values of an instant query, by a label. */
  const query = async (expr: string, label: string): Promise<Record<string, number>> => {
    const found = list(at(await api(`query?query=${encodeURIComponent(expr)}`), 'result'))
    return Object.fromEntries(found.map((one) => [String(at(one, 'metric', label)), Number(at(one, 'value', 1))]))
  }
  /** Alerts that fire, by what they tell of. */
  const told = async () => {
    const firing = (name: string, label: string) => query(`ALERTS{alertname="${name}",alertstate="firing"}`, label)
    const [dead, gone, server, address, replica] = await Promise.all([
      firing('InstanceDown', 'instance'),
      firing('LinkDown', 'instance'),
      firing('ServerDown', 'server'),
      firing('VipWithoutOwner', 'address'),
      firing('ReplicationStopped', 'instance'),
    ])
    return { dead, gone, server, address, replica }
  }
  return { api, query, told }
}
