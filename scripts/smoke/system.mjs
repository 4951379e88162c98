import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, Stop } from '../lib/bootstrap.mjs';
import { processes } from '../lib/processes.mjs';

const PATIENCE_MS = 120_000;

/**
 * The whole product by `npm start`'s own means, on free ports and with a data
 * directory of its own.
 * @returns {Promise<{ url: string, backend: string, token: string, pid: number, output(): string, stop(): Promise<number> }>}
 */
export async function startSystem() {
  const dataDir = mkdtempSync(join(tmpdir(), 'vx11-smoke-'));
  const variables = [...processes.map((row) => row.portVariable), 'VX11_GATEWAY_METRICS_PORT'];
  const ports = await freePorts(variables.length);
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    VX11_DATA_DIR: dataDir,
    VX11_LOG_LEVEL: 'debug',
    ...Object.fromEntries(variables.map((name, index) => [name, String(ports[index])])),
  };
  const child = spawn(process.execPath, [join(root, 'scripts/start.mjs')], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  process.once('exit', () => child.kill('SIGTERM'));
  const ended = once(child, 'close').then(([code]) => code);
  let output = '';
  const up = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (output.includes('VX11 Operator is up')) resolve(true);
      });
    }
  });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, false).unref());
  if (!(await Promise.race([up, late, ended.then(() => false)]))) {
    child.kill('SIGTERM');
    throw new Stop(`The system did not start:\n${output}`);
  }
  return {
    url: `http://127.0.0.1:${env.VX11_GATEWAY_PORT}`,
    backend: `http://127.0.0.1:${env.VX11_BACKEND_PORT}`,
    pid: child.pid,
    token: readFileSync(join(dataDir, 'dev-token'), 'utf8').trim(),
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      const code = await ended;
      rmSync(dataDir, { recursive: true, force: true });
      return code;
    },
  };
}

/** All held at the same time, so that they differ. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
