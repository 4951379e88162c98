import { readFileSync } from 'node:fs';
import { AuditKey } from '../audit/audit-key.js';
import { developmentToken } from '../auth/development-token.js';
import { ConfigError, type Config } from '../config/config.js';
import { registerSecret } from '../kernel/redaction.js';
import { usesRedis } from '../redis/settings.js';
import { firstTokenKey } from './token-keys.js';

/** 32 random bytes in base64 have 44. */
const SHORTEST_KEY = 32;

/**
 * The key of the audit trail: as configured; else derived from the first token key, so that
 * instances on one Redis agree; else made in the data directory, once.
 * @throws ConfigError for an unusable key
 */
export function loadAuditKey(config: Config): AuditKey {
  const configured = configuredKey(config) ?? firstTokenKey(config);
  if (configured !== undefined) return new AuditKey(configured);
  const name = usesRedis(config) ? 'redis-key' : 'audit-key';
  const { token } = developmentToken(config.VX11_DATA_DIR, name);
  registerSecret(token);
  return new AuditKey(token);
}

function configuredKey(config: Config): string | undefined {
  const { VX11_AUDIT_KEY: value, VX11_AUDIT_KEY_FILE: file } = config;
  if (value !== undefined && file !== undefined) {
    throw new ConfigError(['set VX11_AUDIT_KEY or VX11_AUDIT_KEY_FILE, not both']);
  }
  const key = file === undefined ? value : fromFile(file);
  if (key === undefined) return undefined;
  if (key.length < SHORTEST_KEY) {
    const name = file === undefined ? 'VX11_AUDIT_KEY' : `VX11_AUDIT_KEY_FILE (${file})`;
    throw new ConfigError([`${name} must have at least ${SHORTEST_KEY} characters`]);
  }
  registerSecret(key);
  return key;
}

function fromFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new ConfigError([
      `VX11_AUDIT_KEY_FILE (${file}) cannot be read: ${(cause as NodeJS.ErrnoException).code}`,
    ]);
  }
}
