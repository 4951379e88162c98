// The whole product on free ports and in a temporary directory, for commands that
// look at it from outside. Load it after `bootstrap`: it needs the project's Node.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, exitOnSignals } from '../../test/support/process/child.ts';
import { launchChromium } from '../../test/support/process/chromium.ts';
import { freePorts } from '../../test/support/process/ports.ts';
import { root, Stop } from './bootstrap.mjs';
import { processes } from './processes.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

const PATIENCE_MS = 120_000;

/**
 * Starts the system by `npm start`'s own means; resolves when it is up.
 * @param {Record<string, string>} [env] further settings
 * @param {string} [script] what starts it
 * @returns {Promise<{ url: string, backend: string, token: string, pid: number, output(): string, stop(): Promise<number | null> }>}
 * @throws Stop with all that it wrote
 */
export async function startSystem(env = {}, script = 'scripts/start.mjs') {
  exitOnSignals();
  const dataDir = mkdtempSync(join(tmpdir(), 'vx11-system-'));
  const variables = [...processes.map((row) => row.portVariable), 'VX11_GATEWAY_METRICS_PORT'];
  const ports = await freePorts(variables.length);
  const settings = Object.fromEntries(variables.map((name, index) => [name, String(ports[index])]));
  const child = new Child({
    name: 'npm start',
    args: [join(root, script)],
    env: {
      HOME: process.env.HOME ?? dataDir,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, '.cache/compile'),
      VX11_DATA_DIR: dataDir,
      VX11_LOG_LEVEL: 'debug',
      ...settings,
      ...env,
    },
  });
  const isUp = async () => child.lines.includes('VX11 Operator is up.');
  await child.until(isUp, PATIENCE_MS).catch(async (error) => {
    await child.end();
    throw new Stop(error.message);
  });
  const file = join(dataDir, 'dev-token');
  return {
    url: `http://127.0.0.1:${settings.VX11_GATEWAY_PORT}`,
    backend: `http://127.0.0.1:${settings.VX11_BACKEND_PORT}`,
    pid: child.pid,
    token: env.VX11_OPERATOR_TOKEN ?? readFileSync(file, 'utf8').trim(),
    output: () => child.lines.join('\n'),
    async stop() {
      const { code } = await child.end();
      rmSync(dataDir, { recursive: true, force: true });
      return code;
    },
  };
}

/** Debian's Chromium, installed where it is missing and may be. */
export function launchBrowser(options) {
  ensureSystemPackages(['chromium']);
  return launchChromium(options);
}
