/** Vars that use every word of the role. */
export const everything = {
  haproxy_frontends: [
    { name: 'http', redirect_to_https: true },
    {
      name: 'shop',
      bind: [443, '192.0.2.100:8443', '127.0.0.1:9443'],
      tls: { certs: ['shop', 'api'], crt: ['/etc/ssl/more/'], strict_sni: true },
      backend: 'web',
      routes: [
        { hosts: ['API.example.org', 'api2.example.org'], paths: ['/v1/', '/v2/'], backend: 'api' },
        { paths: ['/static/'], backend: 'web' },
      ],
      maxconn: 5000,
      headers: { 'Strict-Transport-Security': 'max-age=31536000', 'X-Odd': `50% "it's" \\` },
      allow_from: ['198.51.100.0/24'],
      allow_from_tiers: ['monitor'],
      lines: ['http-request deny if { path /secret }'],
    },
    {
      name: 'mqtt',
      mode: 'tcp',
      bind: ['*:8883'],
      tls: { certs: ['api'] },
      routes: [{ hosts: ['mq.example.org'], backend: 'mq' }],
    },
  ],
  haproxy_backends: [
    {
      name: 'web',
      tier: 'web',
      port: 8080,
      balance: 'leastconn',
      server_maxconn: 200,
      sticky: 'SRV',
      servers: [{ name: 'sorry', addr: '127.0.0.1:81', backup: true, weight: 1, maxconn: 10 }],
      check: {
        path: '/up?deep=1',
        host: 'shop.example.org',
        status: '200-299',
        port: 8081,
        interval: '500ms',
        fall: 2,
        rise: 1,
      },
      lines: ['http-reuse aggressive'],
    },
    { name: 'api', servers: [{ name: 'a', addr: '192.0.2.40:3000' }], retry_get: false },
    { name: 'mq', mode: 'tcp', servers: [{ name: 'm', addr: '[2001:db8::1]:1883' }], balance: 'source' },
  ],
  haproxy_certs: [
    { name: 'shop', pem: 'CERT and KEY of shop\n' },
    { name: 'api', pem: 'CERT and KEY of api' },
  ],
  haproxy_maps: { hosts: { 'a.example.org': 'web', 'b.example.org': 'api' } },
  haproxy_threads: 2,
  haproxy_tls_min_version: 'TLSv1.3',
  haproxy_metrics_allow_from: ['203.0.113.5'],
}
