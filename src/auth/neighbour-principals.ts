import { ConfigError, type Config } from '../config/config.js';
import { sha256 } from '../kernel/ids.js';
import { registerSecret } from '../kernel/redaction.js';
import { HOW_TO_MAKE_A_TOKEN, weaknessOf } from '../kernel/token-strength.js';
import { developmentToken } from './development-token.js';
import { NEIGHBOURS, type Neighbour, type OpaqueCredential } from './principal.js';

/**
 * What operator-backend takes from the neighbours: VX11_NEIGHBOUR_TOKEN, and in
 * development one made for each of them. They may publish and nothing else.
 * Production neighbours may also stand in VX11_PRINCIPALS_FILE.
 */
export function neighbourCredentials(config: Config): OpaqueCredential[] {
  const token = config.VX11_NEIGHBOUR_TOKEN;
  if (token !== undefined) return [publisher('neighbour', NEIGHBOURS, checked(token, config))];
  if (config.NODE_ENV !== 'development') return [];
  return NEIGHBOURS.map((name) => publisher(name, [name], tokenInDevelopment(config, name)));
}

/**
 * The token with which a neighbour publishes.
 * @throws ConfigError in production when there is none
 */
export function neighbourToken(config: Config, name: Neighbour): string {
  const token = config.VX11_NEIGHBOUR_TOKEN;
  if (token === undefined && config.NODE_ENV === 'production') {
    throw new ConfigError([
      `${name} has no token to publish with: set VX11_NEIGHBOUR_TOKEN (in production none is made up)`,
    ]);
  }
  const own = token === undefined ? tokenInDevelopment(config, name) : checked(token, config);
  registerSecret(own);
  return own;
}

function tokenInDevelopment(config: Config, name: Neighbour): string {
  return developmentToken(config.VX11_DATA_DIR, name).token;
}

function checked(token: string, config: Config): string {
  if (token.length < 16) {
    throw new ConfigError(['VX11_NEIGHBOUR_TOKEN must have at least 16 characters']);
  }
  const weakness = weaknessOf(token);
  if (weakness !== undefined && config.NODE_ENV === 'production') {
    throw new ConfigError([
      `VX11_NEIGHBOUR_TOKEN ${weakness} and is refused in production: ${HOW_TO_MAKE_A_TOKEN}`,
    ]);
  }
  return token;
}

function publisher(id: string, neighbours: readonly Neighbour[], token: string): OpaqueCredential {
  registerSecret(token);
  const scopes = new Set(['events:publish'] as const);
  return { tokenSha256: sha256(token), principal: { id, scopes, neighbours } };
}
