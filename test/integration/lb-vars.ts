/** Two balancers in front of the tier web, each with a floating address of its own. */
export const lbVars = (subnet: string) => ({
  haproxy_maxconn: 2000,
  haproxy_frontends: [{ name: 'http', bind: [80], backend: 'web' }],
  haproxy_backends: [{ name: 'web', tier: 'web', check: { interval: '500ms', fall: 2, rise: 1 } }],
  keepalived_instances: [
    { name: 'A', vrid: 51, vip: `${subnet}.101/24`, owner: 'lb1' },
    { name: 'B', vrid: 52, vip: `${subnet}.102/24`, owner: 'lb2' },
  ],
  keepalived_preempt_delay: 2,
})
