import type { VarSchemas, VarsOf } from 'provision'

const NAME = '^[A-Za-z0-9][A-Za-z0-9_-]*$'
const IPV4 = '^(?:[0-9]{1,3}\\.){3}[0-9]{1,3}(/[0-9]{1,2})?$'

export const vars = {
  keepalived_instances: {
    description:
      'Floating addresses. Each host of the tier may have each of them; owner: the host that has it while all is well.',
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['name', 'vrid', 'vip', 'owner'],
      properties: {
        name: { type: 'string', pattern: NAME },
        vrid: {
          description: 'Number in VRRP: one for each instance of a network.',
          type: 'integer',
          minimum: 1,
          maximum: 255,
        },
        vip: {
          description: 'IPv4 address, with the prefix of its network (default /32). All hosts must agree on it.',
          type: 'string',
          pattern: IPV4,
        },
        owner: { description: 'Name of a host of the tier.', type: 'string' },
        extra_vips: {
          description:
            'Further addresses that go with it; not in the heartbeat, so hosts may differ in them for a while.',
          type: 'array',
          items: { type: 'string', pattern: '^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$' },
          default: [],
        },
      },
    },
    default: [],
  },
  keepalived_interface: {
    description: "Interface of heartbeat and addresses. Default: the default route's.",
    type: 'string',
    pattern: '^[A-Za-z0-9_.@:-]{1,15}$',
    optional: true,
  },
  keepalived_unicast: {
    description: 'Heartbeat from host to host; false: by multicast, which many networks drop.',
    type: 'boolean',
    default: true,
  },
  keepalived_advert_int: {
    description: 'Seconds between heartbeats; after three missing ones the next host takes over.',
    type: 'number',
    minimum: 0.1,
    maximum: 40,
    default: 1,
  },
  keepalived_priority_owner: {
    description: "The owner's priority.",
    type: 'integer',
    minimum: 2,
    maximum: 254,
    default: 150,
  },
  keepalived_priority_backup: {
    description: 'Priority of the first other host; the next have one less each.',
    type: 'integer',
    minimum: 1,
    maximum: 253,
    default: 100,
  },
  keepalived_preempt_delay: {
    description: 'Seconds that an owner who is back waits until it takes its address again.',
    type: 'integer',
    minimum: 0,
    maximum: 1000,
    default: 30,
  },
  keepalived_garp_refresh: {
    description: 'Seconds after which neighbours are told again who has an address; 0: never.',
    type: 'integer',
    minimum: 0,
    default: 60,
  },
  keepalived_check_url: {
    description: 'Must answer 200, or this host has no address: haproxy itself (haproxy_health_listen).',
    type: 'string',
    pattern: '^http://(\\[[0-9A-Fa-f:]+\\]|[A-Za-z0-9.-]+):[0-9]{1,5}/[A-Za-z0-9._~/?=&%-]*$',
    default: 'http://127.0.0.1:8404/healthz',
  },
  keepalived_check_interval: { description: 'Seconds between checks.', type: 'integer', minimum: 1, default: 1 },
  keepalived_check_fall: {
    description: 'Failures in a row that give the addresses away.',
    type: 'integer',
    minimum: 1,
    default: 2,
  },
  keepalived_check_rise: {
    description: 'Successes in a row after which it may have them again.',
    type: 'integer',
    minimum: 1,
    default: 2,
  },
  keepalived_firewall: {
    description: 'Let the heartbeat of the other hosts in (ufw); false on hosts without the role ufw.',
    type: 'boolean',
    default: true,
  },
  keepalived_hold: { description: 'Keep the package at its version.', type: 'boolean', default: false },
} as const satisfies VarSchemas

export type KeepalivedVars = VarsOf<typeof vars>
export type Instance = KeepalivedVars['keepalived_instances'][number]
