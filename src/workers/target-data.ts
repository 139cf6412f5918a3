import type { ConnectionSettings, Target } from '../inventory/inventory.ts'
import { TRANSPORTS } from '../inventory/transports.ts'

/** Of a host, what a login needs. What follows it needs stays where it is: the password for sudo, vars. */
export interface TargetData extends Pick<Target, 'name' | 'address' | 'origin'> {
  readonly connection: SettingsData
  readonly jumps?: readonly TargetData[]
}

type SettingsData = Omit<ConnectionSettings, 'becomePassword' | 'jumps'>

const text = { type: 'string' } as const
const texts = { type: 'array', items: text } as const
const count = { type: 'integer', minimum: 0 } as const
const seconds = { type: 'number', minimum: 0 } as const
const flag = { type: 'boolean' } as const

/** One for each setting, so that none can be forgotten. */
const SETTINGS = {
  transport: { enum: TRANSPORTS },
  host: text,
  alias: text,
  user: text,
  port: count,
  identityFile: text,
  identityFiles: texts,
  identitiesOnly: flag,
  identityAgent: text,
  knownHosts: text,
  moreKnownHosts: texts,
  hostKeyAlias: text,
  hostKeyChecking: { enum: ['strict', 'accept-new'] },
  become: { enum: ['none', 'sudo'] },
  connectTimeout: seconds,
  aliveInterval: seconds,
  aliveCountMax: count,
  family: { enum: [4, 6] },
  bindAddress: text,
  sshConfig: text,
  leftToSsh: texts,
  programBecause: texts,
} satisfies Record<keyof SettingsData, object>

export const ORIGIN_SCHEMA = {
  type: 'object',
  required: ['file', 'line', 'col'],
  additionalProperties: false,
  properties: { file: text, line: count, col: count },
}

const place = {
  name: text,
  address: text,
  origin: ORIGIN_SCHEMA,
  connection: {
    type: 'object',
    required: ['transport', 'user', 'port', 'knownHosts', 'hostKeyChecking', 'become', 'connectTimeout'],
    additionalProperties: false,
    properties: SETTINGS,
  },
}
const target = (properties: object) => ({
  type: 'object',
  required: Object.keys(place),
  additionalProperties: false,
  properties,
})

export const TARGET_SCHEMA = target({ ...place, jumps: { type: 'array', items: target(place) } })

export function targetData({ name, address, origin, connection }: Target): TargetData {
  const { becomePassword: _, jumps, ...settings } = connection
  const { file, line, col } = origin
  return {
    ...{ name, address, origin: { file, line, col }, connection: settings },
    ...(jumps && { jumps: jumps.map(targetData) }),
  }
}

export const targetOf = ({ jumps, connection, ...place }: TargetData): Target => ({
  ...place,
  connection: { ...connection, ...(jumps && { jumps: jumps.map(targetOf) }) },
})
