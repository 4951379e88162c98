/** Other proxies in front of operator-backend: one process on one core, set up for streams as their documentation says. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { scratch } from './systems.mjs';

const MOST_OPEN = 19_800;

function nginx(backendPort) {
  const dir = path.join(scratch, 'nginx-proxy');
  const config = path.join(dir, 'nginx.conf');
  return {
    name: 'nginx',
    command: '/usr/sbin/nginx',
    args: ['-c', config, '-p', dir],
    readyPath: '/readyz',
    prepare: (port) => {
      mkdirSync(dir, { recursive: true });
      writeFileSync(
        config,
        `daemon off; master_process off; worker_processes 1; worker_rlimit_nofile ${MOST_OPEN + 100};
pid ${dir}/pid; error_log stderr error;
events { worker_connections ${MOST_OPEN}; multi_accept on; }
http {
  access_log off; keepalive_timeout 600;
  client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  upstream backend { server 127.0.0.1:${backendPort}; keepalive 64; }
  server {
    listen 127.0.0.1:${port} backlog=16384;
    location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_read_timeout 1h; }
  }
}
`,
      );
    },
    env: () => ({}),
  };
}

function haproxy(backendPort) {
  const config = path.join(scratch, 'haproxy.cfg');
  return {
    name: 'HAProxy',
    command: '/usr/sbin/haproxy',
    args: ['-db', '-f', config],
    readyPath: '/readyz',
    prepare: (port) =>
      writeFileSync(
        config,
        `global
  nbthread 1
  maxconn 9000
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend front
  bind 127.0.0.1:${port} backlog 16384
  default_backend back
backend back
  server backend 127.0.0.1:${backendPort}
`,
      ),
    env: () => ({}),
  };
}

/** Each starts by `startServer(proxy(backendPort))`; the rest are named as missing. */
export function findProxies() {
  const all = { nginx, haproxy };
  const found = Object.entries(all).filter(([name]) => existsSync(`/usr/sbin/${name}`));
  return {
    proxies: found.map(([, proxy]) => proxy),
    missing: Object.keys(all).filter((name) => !found.some(([known]) => known === name)),
  };
}
