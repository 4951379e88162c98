import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/lib/bootstrap.mjs';
import { processes } from '../../scripts/lib/processes.mjs';
import { Child } from './process/child.ts';
import { freePorts } from './process/ports.ts';

const COPIED = ['src', 'scripts', 'client', 'frontend', 'docs/operational', '.cache/build-client'];
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'nest-cli.json', '.swcrc'];

/**
 * `npm run dev` in a copy of the project, whose files may be changed. Resolves when the
 * system is up.
 */
export async function startDev() {
  const copy = mkdtempSync(join(tmpdir(), 'vx11-dev-'));
  for (const name of [...COPIED, ...FILES]) {
    cpSync(join(root, name), join(copy, name), {
      recursive: true,
      filter: (file) => !file.endsWith('node_modules'),
    });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const variables = [...processes.map((row) => row.portVariable), 'VX11_GATEWAY_METRICS_PORT'];
  const free = await freePorts(variables.length);
  const ports = Object.fromEntries(variables.map((name, index) => [name, String(free[index])]));
  const dev = new Child({
    name: 'npm run dev',
    args: [join(copy, 'scripts/dev.mjs')],
    env: {
      HOME: copy,
      NODE_COMPILE_CACHE: join(root, '.cache/compile'),
      VX11_DATA_DIR: join(copy, '.data'),
      VX11_GATEWAY_WORKERS: '1',
      ...ports,
    },
  });
  const remove = async () => {
    await dev.end('SIGKILL');
    rmSync(copy, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  try {
    await dev.line(/VX11 Operator is up/);
  } catch (error) {
    await remove();
    throw error;
  }
  const panel = `http://127.0.0.1:${ports.VX11_FRONTEND_PORT}/operator/ui/`;
  return {
    copy,
    dev,
    ports,
    panel,
    backend: `http://127.0.0.1:${ports.VX11_BACKEND_PORT}`,
    remove,
  };
}

/** A page's connection to Vite, with the messages that it has got. */
export async function openPage(panel) {
  const client = await (await fetch(`${panel}@vite/client`)).text();
  const [, token] = /wsToken = "([^"]+)"/.exec(client);
  const socket = new WebSocket(`${panel.replace('http', 'ws')}?token=${token}`, 'vite-hmr');
  const messages = [];
  socket.onmessage = ({ data }) => messages.push(JSON.parse(data));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  return {
    /** Whether Vite has announced a change since the last call of `forget`. */
    isTold: () => messages.some(({ type }) => /^(full-reload|update)$/.test(type)),
    forget: () => void (messages.length = 0),
    close: () => socket.close(),
  };
}
