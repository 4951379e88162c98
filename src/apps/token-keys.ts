import { readFileSync } from 'node:fs';
import { developmentToken } from '../auth/development-token.js';
import { ConfigError, type Config } from '../config/config.js';
import { registerSecret } from '../kernel/redaction.js';
import { usesRedis } from '../redis/settings.js';
import { Keyring } from '../token-cache/keyring.js';

/** 32 random bytes in base64 have 44. */
const SHORTEST_KEY = 32;

/**
 * The keys for token hashes, client bindings and grants. Embedded, tokens end
 * with the process, so a random key is enough. Instances that share a Redis share
 * the key: outside production it is made in the data directory.
 * @throws ConfigError in production on Redis without a key, and for unusable keys
 */
export function loadTokenKeys(config: Config): Keyring {
  const [current, ...previous] = configuredKeys(config);
  if (current !== undefined) return new Keyring([current, ...previous]);
  if (!usesRedis(config)) return Keyring.random();
  if (config.NODE_ENV === 'production') {
    throw new ConfigError([
      'VX11_TOKEN_KEYS or VX11_TOKEN_KEYS_FILE must hold a secret key, the same on every instance, because tokens are kept in Redis; make one with: openssl rand -base64 32',
    ]);
  }
  const { token } = developmentToken(config.VX11_DATA_DIR, 'redis-key');
  registerSecret(token);
  return new Keyring([token]);
}

/** The current key of VX11_TOKEN_KEYS or its file; undefined when there is none. */
export function firstTokenKey(config: Config): string | undefined {
  return configuredKeys(config)[0];
}

function configuredKeys(config: Config): string[] {
  const file = config.VX11_TOKEN_KEYS_FILE;
  if (file !== undefined && config.VX11_TOKEN_KEYS.length > 0) {
    throw new ConfigError(['set VX11_TOKEN_KEYS or VX11_TOKEN_KEYS_FILE, not both']);
  }
  const keys = file === undefined ? config.VX11_TOKEN_KEYS : fromFile(file);
  const name = file === undefined ? 'VX11_TOKEN_KEYS' : 'VX11_TOKEN_KEYS_FILE';
  if (keys.some((key) => key.length < SHORTEST_KEY)) {
    throw new ConfigError([`${name}: every key must have at least ${SHORTEST_KEY} characters`]);
  }
  if (new Set(keys).size < keys.length) throw new ConfigError([`${name} holds a key twice`]);
  for (const key of keys) registerSecret(key);
  return keys;
}

function fromFile(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError([
      `VX11_TOKEN_KEYS_FILE (${file}) cannot be read: ${(cause as NodeJS.ErrnoException).code}`,
    ]);
  }
  const keys = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  if (keys.length === 0) throw new ConfigError([`VX11_TOKEN_KEYS_FILE (${file}) holds no key`]);
  return keys;
}
