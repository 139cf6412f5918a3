import { defineRole, firewall, pkg, sysctlFile, ufwRule } from 'provision'

const POLICIES = ['allow', 'deny', 'reject'] as const

/**
 * The firewall of a host. Other roles declare the rules that they need themselves: the engine brings all of them to
 * the place of this role's first one, so that none is missing when the policy closes the rest.
 */
export default defineRole({
  name: 'ufw',
  description: 'The firewall: closed but for SSH and what other roles and ufw_rules open.',
  vars: {
    ufw_enabled: { description: 'false: rules are kept, but nothing is filtered.', type: 'boolean', default: true },
    ufw_default_incoming: { description: 'What no rule decides.', enum: POLICIES, default: 'deny' },
    ufw_default_outgoing: { description: 'What the host sends.', enum: POLICIES, default: 'allow' },
    ufw_default_routed: { description: 'What passes through the host.', enum: POLICIES, default: 'deny' },
    ufw_ssh_ports: {
      description: 'Ports of SSH as the host sees them. Empty: the port of the inventory.',
      type: 'array',
      items: { type: 'integer', minimum: 1, maximum: 65535 },
      uniqueItems: true,
      default: [],
    },
    ufw_ssh_sources: {
      description: 'Addresses and networks that may open SSH connections. Empty: anyone.',
      type: 'array',
      items: { type: 'string' },
      uniqueItems: true,
      default: [],
    },
    ufw_rules: {
      description: 'Further rules, in order: of two that match one packet, the first decides.',
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['action'],
        properties: {
          action: { enum: ['allow', 'deny', 'reject', 'limit'] },
          proto: { enum: ['any', 'tcp', 'udp', 'ipv6', 'esp', 'ah', 'igmp', 'gre', 'vrrp'] },
          port: { description: "22, '80,443' or '6000:6100'.", type: ['integer', 'string'] },
          from: {
            description: 'Address or network, or a list of them. Default: any.',
            type: ['string', 'array'],
            items: { type: 'string' },
          },
          to: { type: 'string' },
          iface: { description: 'Interface that packets come in by.', type: 'string' },
          out_iface: { description: 'Of routed rules: interface that packets leave by.', type: 'string' },
          direction: { enum: ['in', 'out'] },
          route: { description: 'For packets that pass through the host.', type: 'boolean' },
          log: { enum: ['log', 'log-all'] },
          comment: { type: 'string' },
          state: { enum: ['present', 'absent'] },
        },
      },
      default: [],
    },
    ufw_purge: {
      description: 'Rules nobody declares. tagged: those of this tool go. all: every one goes. none: all stay.',
      enum: ['tagged', 'all', 'none'],
      default: 'tagged',
    },
    ufw_logging: {
      description: 'What goes to the log.',
      enum: ['off', 'low', 'medium', 'high', 'full'],
      default: 'low',
    },
    ufw_ipv6: { description: 'false: all IPv6 but loopback is dropped.', type: 'boolean', default: true },
  },
  standalone: true,
  resources({ host, vars }) {
    const ports = vars.ufw_ssh_ports.length > 0 ? vars.ufw_ssh_ports : [host.sshPort]
    const sources = vars.ufw_ssh_sources.length > 0 ? vars.ufw_ssh_sources : 'any'
    return [
      pkg({ name: 'ufw' }),
      // ufw sets what stands there at each start and reload, over what the host's kernel settings are declared to be.
      sysctlFile({ path: '/etc/ufw/sysctl.conf' }),
      // Never `limit`: six connections in half a minute are few for a tool that works over SSH.
      ports.map((port) => ufwRule({ action: 'allow', proto: 'tcp', port, from: sources, comment: 'ssh' })),
      vars.ufw_rules.map(({ out_iface, ...rule }) =>
        ufwRule({ ...rule, ...(out_iface !== undefined && { outIface: out_iface }) }),
      ),
      firewall({
        enabled: vars.ufw_enabled,
        incoming: vars.ufw_default_incoming,
        outgoing: vars.ufw_default_outgoing,
        routed: vars.ufw_default_routed,
        logging: vars.ufw_logging,
        ipv6: vars.ufw_ipv6,
        purge: vars.ufw_purge,
      }),
    ]
  },
})
