import assert from 'node:assert/strict';
import { appendFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { root } from '../../scripts/lib/bootstrap.mjs';
import { filesOf } from '../../scripts/lib/restart-on-change.mjs';
import { openPage, startDev } from '../support/dev.mjs';
import { answers } from '../support/process/child.ts';

const PATIENCE_MS = 120_000;

let copy;
let dev;
let ports;
let panel;
let backend;
let remove;

before(async () => {
  ({ copy, dev, ports, panel, backend, remove } = await startDev());
});

after(() => remove());

const change = (file, text) => appendFileSync(join(copy, file), text);

test('a saved backend file is compiled, and the process that imports it starts again', async () => {
  change('src/operator-backend.ts', "\nconsole.log('saved once');\n");
  await dev.line(/operator-backend.*saved once/);
  await dev.line(/operator-backend is up again/);
  assert.ok(await answers(`${backend}/livez`));
  assert.ok(!dev.lines.some((line) => /^\[(tentaculo-link|madre).*"stopping"/.test(line)));
});

test('a syntax error is shown, ends nothing, and is over with the next save', async () => {
  const file = 'src/operator-backend.ts';
  change(file, 'const = ;\n');
  await dev.line(/operator-backend\.ts:\d+:\d+/);
  assert.ok(await answers(`${backend}/livez`));
  cpSync(join(root, file), join(copy, file));
  change(file, "\nconsole.log('saved twice');\n");
  await dev.line(/operator-backend.*saved twice/);
});

test('a saved file of the panel reaches the open page at once', async () => {
  const page = await openPage(panel);
  // Vite tells a page about the modules that it has loaded.
  const module = await fetch(`${panel}src/main.tsx`);
  assert.equal(module.status, 200);
  await module.text();
  change('frontend/src/main.tsx', "\nexport const saved = 'panel saved';\n");
  await dev.until(async () => page.isTold(), PATIENCE_MS);
  assert.match(await (await fetch(`${panel}src/main.tsx?t=1`)).text(), /panel saved/);
  // And through the gateway, where the browser gets the page.
  const front = `http://127.0.0.1:${ports.VX11_GATEWAY_PORT}/operator/ui/`;
  assert.match(await (await fetch(`${front}src/main.tsx?t=2`)).text(), /panel saved/);
  page.close();
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
