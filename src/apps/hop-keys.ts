import { developmentToken } from '../auth/development-token.js';
import { NEIGHBOURS, type Neighbour } from '../auth/principal.js';
import { ConfigError, type Config } from '../config/config.js';
import { HopKeys } from '../http/hop-keys.js';
import { registerSecret } from '../kernel/redaction.js';

const SHORTEST_KEY = 32;

/**
 * The keys with which a service verifies the gateway's signature: VX11_HOP_KEYS of
 * operator-backend, VX11_NEIGHBOUR_HOP_KEYS of the neighbours. In development each service
 * creates its own key in the data directory, and the gateway reads it there.
 * @returns undefined when no key is configured; the service then trusts the gateway no
 *   more than any other client
 * @throws ConfigError for a key of less than 32 characters
 */
export function hopKeysOf(
  config: Config,
  service: 'operator-backend' | Neighbour,
): HopKeys | undefined {
  const variable = service === 'operator-backend' ? 'VX11_HOP_KEYS' : 'VX11_NEIGHBOUR_HOP_KEYS';
  const configured = config[variable];
  if (configured.some((key) => key.length < SHORTEST_KEY)) {
    throw new ConfigError([
      `${variable} must hold keys of at least ${SHORTEST_KEY} characters; make one with: openssl rand -hex 32`,
    ]);
  }
  const keys =
    configured.length === 0 && config.NODE_ENV === 'development'
      ? [developmentToken(config.VX11_DATA_DIR, `hop-${service}`).token]
      : configured;
  for (const key of keys) registerSecret(key);
  return keys.length === 0 ? undefined : new HopKeys(keys);
}

/** The keys with which the gateway signs its requests, by service. */
export function gatewayHopKeys(config: Config): ReadonlyMap<string, HopKeys> {
  const keys = new Map<string, HopKeys>();
  for (const service of ['operator-backend', ...NEIGHBOURS] as const) {
    const own = hopKeysOf(config, service);
    if (own) keys.set(service, own);
  }
  return keys;
}
