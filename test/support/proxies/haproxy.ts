import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../process/child.ts';
import type { Certificate } from './certificate.js';
import type { Site, Upstreams } from './site.js';

interface HaproxySite extends Site {
  /** After the certificate in `bind`. */
  readonly bind?: string;
  readonly lines?: readonly string[];
}

const FORWARDED = 'http-request set-header X-Forwarded-For %[src]';
const PROTO = 'http-request set-header X-Forwarded-Proto https';
const TIMEOUT = 'timeout server 1h';
const ALPN = 'alpn h2,http/1.1';

export const HAPROXY_SITES: readonly HaproxySite[] = [
  { name: 'HAProxy, right', mistakes: [] },
  {
    name: 'HAProxy that waits for the whole body',
    mistakes: ['buffering'],
    lines: [FORWARDED, PROTO, TIMEOUT, 'http-response wait-for-body time 3600s'],
  },
  {
    name: 'HAProxy that ends what is silent for four seconds',
    mistakes: ['idle-timeout'],
    lines: [FORWARDED, PROTO, 'timeout server 4s'],
  },
  {
    name: 'HAProxy without HTTP/2',
    mistakes: ['http2'],
    bind: 'alpn http/1.1',
  },
  {
    name: 'HAProxy that removes Cache-Control',
    mistakes: ['headers'],
    lines: [FORWARDED, PROTO, TIMEOUT, 'http-response del-header Cache-Control'],
  },
  {
    name: 'HAProxy that hands on the X-Forwarded-For of the client',
    mistakes: ['trusted-proxies'],
    lines: [PROTO, TIMEOUT],
  },
  {
    name: 'HAProxy with room for 32 connections',
    mistakes: ['accept-queue'],
    lines: [FORWARDED, PROTO, TIMEOUT, 'maxconn 32', 'backlog 8'],
  },
];

/** HAProxy with one proxy for each site, in one process. @param ports one for each site */
export async function startHaproxy(
  directory: string,
  ports: readonly number[],
  upstreams: Upstreams,
  { bundleFile }: Certificate,
): Promise<Child> {
  const sites = HAPROXY_SITES.map((site, index) => {
    const { bind = ALPN, lines = [FORWARDED, PROTO, TIMEOUT], upstream = 'right' } = site;
    return [
      `listen site${index}`,
      `  bind 127.0.0.1:${ports[index]} ssl crt ${bundleFile} ${bind}`,
      ...lines.map((line) => `  ${line}`),
      `  server gateway ${new URL(upstreams[upstream]).host}`,
    ].join('\n');
  });
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  maxconn 4000
defaults
  mode http
  timeout connect 5s
  timeout client 1h
${sites.join('\n')}
`,
  );
  return new Child({ name: 'haproxy', command: 'haproxy', args: ['-db', '-f', file] });
}
