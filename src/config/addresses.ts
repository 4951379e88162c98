import type { Config } from './config.js';

/** The seven of the contract, in its order. */
export const SERVICES = [
  'tentaculo-link',
  'madre',
  'operator-frontend',
  'switch',
  'hermes',
  'operator-backend',
  'redis',
] as const;
export type Service = (typeof SERVICES)[number];

/** Where operator-backend's instances are, without a slash at the end. */
export function backendUrls(config: Config): string[] {
  const urls = config.VX11_BACKEND_URLS;
  return urls.length > 0
    ? urls.map(withoutTrailingSlashes)
    : [onThisMachine(config, config.VX11_BACKEND_PORT)];
}

/** Where a service is that there is one of, without a slash at the end. */
export function serviceUrl(
  config: Config,
  service: Exclude<Service, 'operator-backend' | 'redis'>,
): string {
  const [url, port] = {
    'tentaculo-link': [config.VX11_GATEWAY_URL, config.VX11_GATEWAY_PORT] as const,
    madre: [config.VX11_MADRE_URL, config.VX11_MADRE_PORT] as const,
    'operator-frontend': [config.VX11_FRONTEND_URL, config.VX11_FRONTEND_PORT] as const,
    switch: [config.VX11_SWITCH_URL, config.VX11_SWITCH_PORT] as const,
    hermes: [config.VX11_HERMES_URL, config.VX11_HERMES_PORT] as const,
  }[service];
  return url === undefined ? onThisMachine(config, port) : withoutTrailingSlashes(url);
}

/** An address that a process listens at, as one can open it from this machine. */
export function onThisMachine(config: Pick<Config, 'VX11_HOST'>, port: number): string {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[config.VX11_HOST] ?? config.VX11_HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Without slashes at the end. */
export function withoutTrailingSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end -= 1;
  return url.slice(0, end);
}
