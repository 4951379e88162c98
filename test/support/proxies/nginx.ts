import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../process/child.ts';
import type { Certificate } from './certificate.js';
import type { Site, Upstreams } from './site.js';

interface NginxSite extends Site {
  /** After the address in `listen`. */
  readonly listen?: string;
  /** Directives that replace the right ones of the same name, or come in addition. */
  readonly location?: Readonly<Record<string, string | null>>;
  readonly server?: string;
}

/** Of the right set-up: name → value. */
const RIGHT: Readonly<Record<string, string | null>> = {
  proxy_http_version: '1.1',
  'proxy_set_header Connection': '""',
  'proxy_set_header Host': '$http_host',
  'proxy_set_header X-Forwarded-For': '$remote_addr',
  'proxy_set_header X-Forwarded-Proto': '$scheme',
  proxy_buffering: 'off',
  proxy_read_timeout: '1h',
};

export const NGINX_SITES: readonly NginxSite[] = [
  { name: 'nginx, right', mistakes: [] },
  {
    name: 'nginx that buffers responses',
    mistakes: ['buffering'],
    location: { proxy_buffering: 'on', proxy_ignore_headers: 'X-Accel-Buffering' },
  },
  {
    name: 'nginx that compresses event streams',
    mistakes: ['compression'],
    location: { gzip: 'on', gzip_types: 'text/event-stream', gzip_proxied: 'any' },
  },
  {
    name: 'nginx that ends what is silent for four seconds',
    mistakes: ['idle-timeout'],
    // Streams only: on a busy machine an answer may take as long.
    server: `location = /operator/api/events/stream {
        proxy_pass GATEWAY; proxy_http_version 1.1; proxy_buffering off;
        proxy_set_header X-Forwarded-For $remote_addr; proxy_read_timeout 4s;
      }`,
  },
  { name: 'nginx without TLS', mistakes: ['tls'], plain: true },
  { name: 'nginx without HTTP/2', mistakes: ['http2'], listen: 'ssl' },
  {
    name: 'nginx that allows four requests on a connection',
    mistakes: ['http2'],
    server: 'http2_max_concurrent_streams 4;',
  },
  {
    name: 'nginx that makes everything cacheable',
    mistakes: ['headers'],
    location: {
      proxy_hide_header: 'Cache-Control',
      add_header: 'Cache-Control "public, max-age=60"',
    },
  },
  {
    name: 'nginx that hands on the X-Forwarded-For of the client',
    mistakes: ['trusted-proxies'],
    location: { 'proxy_set_header X-Forwarded-For': '$http_x_forwarded_for' },
  },
  {
    name: 'a gateway that does not trust its nginx',
    mistakes: ['trusted-proxies'],
    upstream: 'distrusting',
  },
  { name: 'a backend with the fallback open', mistakes: ['fallback'], upstream: 'fallback' },
  {
    name: 'nginx that publishes the metrics',
    mistakes: ['metrics-public'],
    server: 'location = /metrics { proxy_pass BACKEND; }',
  },
  {
    // What the doctor sees of a backend whose clock is wrong.
    name: 'a backend a hundred years behind',
    mistakes: ['clock'],
    location: {
      'proxy_set_header Accept-Encoding': '""',
      sub_filter_types: 'application/json',
      sub_filter: `'"timestamp":"20' '"timestamp":"19'`,
    },
  },
];

/** nginx with one server for each site, in one process. @param ports one for each site */
export async function startNginx(
  directory: string,
  ports: readonly number[],
  upstreams: Upstreams,
  { certFile, keyFile }: Certificate,
): Promise<Child> {
  const servers = NGINX_SITES.map((site, index) => {
    const { listen = 'ssl http2', location = {}, server = '', upstream = 'right' } = site;
    const directives = Object.entries({ ...RIGHT, ...location });
    return `
    server {
      listen 127.0.0.1:${ports[index]} ${site.plain ? '' : listen} backlog=1024;
      ${site.plain ? '' : `ssl_certificate ${certFile}; ssl_certificate_key ${keyFile};`}
      ${server.replace('BACKEND', upstreams.backend).replace('GATEWAY', upstreams[upstream])}
      location / {
        proxy_pass ${upstreams[upstream]};
        ${directives.map(([name, value]) => `${name} ${value};`).join('\n        ')}
      }
    }`;
  });
  const file = join(directory, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    file,
    `daemon off; master_process off; pid nginx.pid; error_log stderr warn;
  events { worker_connections 4096; }
  http {
    access_log off;
    ${temporary.map((name) => `${name}_temp_path ${name};`).join(' ')}
    ${servers.join('\n')}
  }`,
  );
  return new Child({
    name: 'nginx',
    command: 'nginx',
    args: ['-p', directory, '-e', 'stderr', '-c', file],
  });
}
