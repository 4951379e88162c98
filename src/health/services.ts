import { backendUrls, SERVICES, serviceUrl, type Service } from '../config/addresses.js';
import type { Config } from '../config/config.js';
import { probe, timed, type Probed } from '../http/probe.js';
import { pingRedis } from './redis-ping.js';

const TIMEOUT_MS = 1_000;

/** How to probe a service; `embedded`: it is a part of operator-backend. */
export type Look = (() => Promise<Probed>) | 'embedded';

/**
 * How this process probes each of the seven services.
 * @param own probes that replace the default ones: of this process itself, and of what it uses
 */
export function looks(
  config: Config,
  own: Partial<Record<Service, () => Promise<Probed>>>,
): ReadonlyMap<Service, Look> {
  return new Map(
    SERVICES.map((service) => {
      const look = lookAt(config, service);
      return [service, look === 'embedded' ? look : (own[service] ?? look)];
    }),
  );
}

function lookAt(config: Config, service: Service): Look {
  switch (service) {
    case 'redis': {
      const urls = redisUrls(config);
      return urls.length === 0 ? 'embedded' : () => anyOf(urls, ping);
    }
    case 'operator-backend':
      return () =>
        anyOf(
          backendUrls(config).map((url) => `${url}/readyz`),
          ask,
        );
    case 'tentaculo-link':
      return at(`${serviceUrl(config, service)}/livez`);
    case 'madre':
    case 'operator-frontend':
    case 'switch':
    case 'hermes':
      return at(`${serviceUrl(config, service)}/health`);
    default:
      return service satisfies never;
  }
}

function at(url: string): () => Promise<Probed> {
  return () => ask(url);
}

const ask = (url: string): Promise<Probed> => probe(url, TIMEOUT_MS);
const ping = (url: string): Promise<Probed> => timed(() => pingRedis(url, TIMEOUT_MS));

/** The addresses of the Redis server, its Sentinels, or the configured nodes of its cluster. */
function redisUrls(config: Config): string[] {
  const scheme = config.VX11_REDIS_TLS ? 'rediss' : 'redis';
  return [
    ...(config.VX11_REDIS_URL === undefined ? [] : [config.VX11_REDIS_URL]),
    ...[...config.VX11_REDIS_SENTINELS, ...config.VX11_REDIS_CLUSTER].map(
      (node) => `${scheme}://${node}`,
    ),
  ];
}

/** A service of several instances is up when one of them is. */
async function anyOf(
  urls: readonly string[],
  look: (url: string) => Promise<Probed>,
): Promise<Probed> {
  const seen = await Promise.all(urls.map(look));
  return seen.find(({ up }) => up) ?? (seen[0] as Probed);
}
