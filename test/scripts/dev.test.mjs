import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { root } from '../../scripts/lib/bootstrap.mjs';
import { processes } from '../../scripts/lib/processes.mjs';
import { filesOf } from '../../scripts/lib/restart-on-change.mjs';
import { answers, Child } from '../support/process/child.ts';
import { freePorts } from '../support/process/ports.ts';

const PATIENCE_MS = 120_000;
const COPIED = ['src', 'scripts', 'client', 'frontend', 'docs/operational', '.cache/build-client'];
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'nest-cli.json', '.swcrc'];

let copy;
let dev;
let ports;

/** `npm run dev` in a copy of the project, whose files the tests may change. */
before(async () => {
  copy = mkdtempSync(join(tmpdir(), 'vx11-dev-'));
  for (const name of [...COPIED, ...FILES]) {
    cpSync(join(root, name), join(copy, name), {
      recursive: true,
      filter: (file) => !file.endsWith('node_modules'),
    });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const variables = [...processes.map((row) => row.portVariable), 'VX11_GATEWAY_METRICS_PORT'];
  const free = await freePorts(variables.length);
  ports = Object.fromEntries(variables.map((name, index) => [name, String(free[index])]));
  dev = new Child({
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
  await dev.line(/VX11 Operator is up/);
});

after(async () => {
  await dev.end('SIGKILL');
  rmSync(copy, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const backend = () => `http://127.0.0.1:${ports.VX11_BACKEND_PORT}`;
const change = (file, text) => appendFileSync(join(copy, file), text);

test('a saved backend file is compiled, and the process that imports it starts again', async () => {
  change('src/operator-backend.ts', "\nconsole.log('saved once');\n");
  await dev.line(/operator-backend.*saved once/);
  await dev.line(/operator-backend is up again/);
  assert.ok(await answers(`${backend()}/livez`));
  assert.ok(!dev.lines.some((line) => /^\[(tentaculo-link|madre).*"stopping"/.test(line)));
});

test('a syntax error is shown, ends nothing, and is over with the next save', async () => {
  const file = 'src/operator-backend.ts';
  change(file, 'const = ;\n');
  await dev.line(/operator-backend\.ts:\d+:\d+/);
  assert.ok(await answers(`${backend()}/livez`));
  cpSync(join(root, file), join(copy, file));
  change(file, "\nconsole.log('saved twice');\n");
  await dev.line(/operator-backend.*saved twice/);
});

test('a saved file of the panel reaches the open page at once', async () => {
  const panel = `http://127.0.0.1:${ports.VX11_FRONTEND_PORT}/operator/ui/`;
  const client = await (await fetch(`${panel}@vite/client`)).text();
  const [, token] = /wsToken = "([^"]+)"/.exec(client);
  const socket = new WebSocket(`${panel.replace('http', 'ws')}?token=${token}`, 'vite-hmr');
  const messages = [];
  socket.onmessage = ({ data }) => messages.push(JSON.parse(data));
  await once(socket, 'open');
  // Vite tells a page about the modules that it has loaded.
  const module = await fetch(`${panel}src/main.tsx`);
  assert.equal(module.status, 200);
  await module.text();
  change('frontend/src/main.tsx', "\nexport const saved = 'panel saved';\n");
  const isTold = async () => messages.some(({ type }) => /^(full-reload|update)$/.test(type));
  await dev.until(isTold, PATIENCE_MS);
  assert.match(await (await fetch(`${panel}src/main.tsx?t=1`)).text(), /panel saved/);
  // And through the gateway, where the browser gets the page.
  const front = `http://127.0.0.1:${ports.VX11_GATEWAY_PORT}/operator/ui/`;
  assert.match(await (await fetch(`${front}src/main.tsx?t=2`)).text(), /panel saved/);
  socket.close();
});

test('Ctrl-C stops everything', async () => {
  assert.equal((await dev.end('SIGINT')).code, 0);
  const urls = Object.values(ports).map((port) => `http://127.0.0.1:${port}/health`);
  assert.deepEqual(
    await Promise.all(urls.map(answers)),
    urls.map(() => false),
  );
});

test('the files of a process are those that its entry imports, directly or not', () => {
  const files = filesOf(join(root, 'dist'), 'operator-backend.js');
  assert.ok(files.has('operator-backend.js') && files.has('kernel/ids.js'));
  assert.ok(!files.has('tentaculo-link.js'));
});
