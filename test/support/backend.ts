import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOperatorBackend, type RunningBackend } from '../../src/apps/operator-backend.js';
import { loadConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/kernel/logger.js';
import { Caller } from './caller.js';
import { HOP_KEY } from './hop-key.js';
import { ask } from './http.js';
import { witness } from './secrets.js';

export interface TestBackend extends RunningBackend {
  /** A principal token with all scopes. */
  readonly token: string;
  /** Its holder. */
  readonly caller: Caller;
  readonly dataDir: string;
  /** Every line that the backend has logged, down to `debug`. */
  readonly log: string[];
}

/** A new data directory; the caller removes it. */
export function newDataDir(): string {
  return mkdtempSync(join(tmpdir(), 'vx11-'));
}

export function newPrincipalToken(): string {
  return randomBytes(24).toString('base64url');
}

/** The whole backend in this process, on a port of its own and in a directory of its own. */
export async function startBackend(env: Record<string, string> = {}): Promise<TestBackend> {
  const token = env['VX11_OPERATOR_TOKEN'] ?? newPrincipalToken();
  const ownDir = env['VX11_DATA_DIR'] === undefined;
  const dataDir = env['VX11_DATA_DIR'] ?? newDataDir();
  const log: string[] = [];
  const config = loadConfig({
    NODE_ENV: 'test',
    VX11_BACKEND_PORT: '0',
    VX11_OPERATOR_TOKEN: token,
    VX11_DATA_DIR: dataDir,
    VX11_HOP_KEYS: HOP_KEY,
    VX11_LOG_LEVEL: 'debug',
    VX11_DRAIN_SECONDS: '1',
    ...env,
  });
  const logger = createLogger({
    service: 'operator-backend',
    level: config.VX11_LOG_LEVEL,
    pretty: false,
    destination: { write: (line) => void log.push(line) },
  });
  const backend = await startOperatorBackend(config, logger);
  return {
    url: backend.url,
    token,
    caller: new Caller(backend.url, token),
    dataDir,
    log,
    close: async () => {
      await ask(backend.url, '/metrics');
      await backend.close();
      witness('the log', log.join(''));
      witnessFiles(dataDir);
      if (ownDir) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** What lies on the disk must not hold a token either. */
export function witnessFiles(dataDir: string): void {
  for (const name of ['events.sqlite', 'events.sqlite-wal']) {
    const file = join(dataDir, name);
    if (existsSync(file)) witness(name, readFileSync(file, 'latin1'));
  }
}
