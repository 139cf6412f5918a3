/** Vars that use every word of the role; the lab's nginx takes the outcome (see test/integration). */
export const everything = {
  nginx_upstreams: [
    {
      name: 'app',
      balance: 'least_conn',
      servers: [
        { addr: '127.0.0.1:3000', weight: 2, max_fails: 3, fail_timeout: '5s' },
        { addr: '127.0.0.1:3001', backup: true },
        { addr: 'unix:/run/app.sock', down: true },
      ],
      keepalive: 0,
    },
    { name: 'near', tier: 'web', port: 8080, paired: true },
  ],
  nginx_sites: [
    {
      name: 'shop',
      server_name: ['shop.example.org', '*.shop.example.org'],
      listen: [443, '127.0.0.1:8443'],
      tls: { cert: '/etc/ssl/shop.pem', key: '/etc/ssl/shop.key' },
      headers: { 'Content-Security-Policy': `default-src 'self'; img-src "x"` },
      cache: '1h',
      locations: [
        { path: '/', proxy: 'app', read_timeout: '30s' },
        {
          path: '/live',
          proxy: 'near',
          websocket: true,
          headers: { 'X-Live': 'yes', 'x-content-type-options': 'off' },
        },
        { path: '/api/', proxy: 'near', proxy_path: '/', allow: ['192.0.2.0/24', '2001:db8::/32'] },
        { path: '\\.(png|jpe?g){1,2}$', match: 'regex', root: '/srv/images', cache: '30d' },
        { path: '/old', match: 'exact', return: { status: 301, text: 'https://shop.example.org/new' } },
        { path: '/robots.txt', match: 'exact', return: { status: 200, text: 'User-agent: *\nDisallow: "/"\n' } },
      ],
    },
    {
      name: 'static',
      default: true,
      listen: [80],
      files: { 'index.html': 'Hello from {{host}}\n', 'css/deep/a.css': 'p { color: red }\n' },
      locations: [{ path: '/docs/', try_files: ['$uri', '$uri.html', '=404'], cache: 'off' }],
    },
  ],
  nginx_real_ip_from: ['198.51.100.0/24'],
  nginx_real_ip_from_tiers: ['lb'],
  nginx_allow_from_tiers: ['lb', 'monitor'],
  nginx_worker_processes: 2,
  nginx_worker_connections: 1024,
  nginx_stop_timeout: 60,
}
