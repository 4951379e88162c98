import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOperatorBackend, type RunningBackend } from '../../src/apps/operator-backend.js';
import { loadConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/kernel/logger.js';

export interface TestBackend extends RunningBackend {
  /** A principal token with all scopes. */
  readonly token: string;
  readonly dataDir: string;
  /** Every line that the backend has logged, down to `debug`. */
  readonly log: string[];
}

/** The whole backend in this process, on a port of its own and in a directory of its own. */
export async function startBackend(env: Record<string, string> = {}): Promise<TestBackend> {
  const token = env['VX11_OPERATOR_TOKEN'] ?? randomBytes(24).toString('base64url');
  const ownDir = env['VX11_DATA_DIR'] === undefined;
  const dataDir = env['VX11_DATA_DIR'] ?? mkdtempSync(join(tmpdir(), 'vx11-'));
  const log: string[] = [];
  const config = loadConfig({
    NODE_ENV: 'test',
    VX11_BACKEND_PORT: '0',
    VX11_OPERATOR_TOKEN: token,
    VX11_DATA_DIR: dataDir,
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
    dataDir,
    log,
    close: async () => {
      await backend.close();
      if (ownDir) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
