import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../process/child.ts';
import type { Certificate } from './certificate.js';
import type { Site, Upstreams } from './site.js';

interface CaddySite extends Site {
  /** Inside the site. */
  readonly site?: string;
  /** Inside reverse_proxy. */
  readonly proxy?: string;
}

export const CADDY_SITES: readonly CaddySite[] = [
  { name: 'Caddy, right', mistakes: [] },
  {
    name: 'Caddy that ends what is silent for four seconds',
    mistakes: ['idle-timeout'],
    proxy: 'transport http {\n read_timeout 4s\n }',
  },
  { name: 'Caddy without TLS', mistakes: ['tls'], plain: true },
  {
    name: 'Caddy that removes Cache-Control and compresses event streams',
    mistakes: ['compression', 'headers'],
    site: 'header -Cache-Control\n encode {\n gzip\n match header Content-Type text/event-stream*\n }',
    proxy: 'header_down -Cache-Control',
  },
  {
    name: 'Caddy that hands on the X-Forwarded-For of the client',
    mistakes: ['trusted-proxies'],
    proxy: 'header_up X-Forwarded-For {http.request.header.X-Forwarded-For}',
  },
  {
    name: 'Caddy in front of a gateway that does not trust it',
    mistakes: ['trusted-proxies'],
    upstream: 'distrusting',
  },
];

/** Caddy with one site for each row, in one process. @param ports one for each site */
export async function startCaddy(
  command: string,
  directory: string,
  ports: readonly number[],
  upstreams: Upstreams,
  { certFile, keyFile }: Certificate,
): Promise<Child> {
  const sites = CADDY_SITES.map(
    (row, index) => `${row.plain ? 'http' : 'https'}://127.0.0.1:${ports[index]} {
  bind 127.0.0.1
  ${row.plain ? '' : `tls ${certFile} ${keyFile}`}
  ${row.site ?? ''}
  reverse_proxy ${new URL(upstreams[row.upstream ?? 'right']).host} {
    ${row.proxy ?? ''}
  }
}`,
  );
  const file = join(directory, 'Caddyfile');
  writeFileSync(file, `{\n  admin off\n  auto_https disable_redirects\n}\n${sites.join('\n')}\n`);
  return new Child({
    name: 'caddy',
    command,
    args: ['run', '--config', file, '--adapter', 'caddyfile'],
    env: { HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
  });
}
