/**
 * The examples of the client, as they stand in client/examples, against a real backend.
 * @needs chromium
 */
import { build } from 'esbuild';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startBackend, type TestBackend } from '../support/backend.js';
import { event } from '../support/caller.js';
import { launchChromium } from '../support/process/chromium.ts';

jest.setTimeout(120_000);

const CLIENT = join(__dirname, '../../client');
const EXAMPLES = join(CLIENT, 'examples');

/** What a bundler of the page's own would make of an example. */
async function bundled(example: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(EXAMPLES, example)],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    alias: {
      '@vx11/events-client/shared': join(CLIENT, 'src/shared/index.ts'),
      '@vx11/events-client/react': join(CLIENT, 'src/react.ts'),
      '@vx11/events-client/store': join(CLIENT, 'src/store.ts'),
      '@vx11/events-client': join(CLIENT, 'src/index.ts'),
    },
  });
  return outputFiles[0]?.text ?? '';
}

let server: Server;
let origin: string;
let scripts: Record<string, string>;
let browser: Browser;
let backend: TestBackend;
let page: Page;

beforeAll(async () => {
  scripts = { '/react.js': await bundled('react.jsx'), '/plain.js': await bundled('plain.js') };
  server = createServer((request, response) => {
    const script = scripts[request.url ?? ''];
    const type = script === undefined ? 'text/html' : 'text/javascript';
    const html = readFileSync(join(EXAMPLES, 'plain.html'), 'utf8');
    response.writeHead(200, { 'content-type': type });
    response.end(script ?? html.replace('./plain.js', String(request.url).replace('/page', '')));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  [browser, backend] = await Promise.all([
    launchChromium(),
    startBackend({ VX11_CORS_ORIGINS: origin }),
  ]);
});

afterAll(async () => {
  await browser.close();
  await backend.close();
  server.close();
});

describe.each([
  ['the example for React', 'react'],
  ['the example for a plain page', 'plain'],
])('%s', (_, name) => {
  it('shows what matches its filter, and nothing else', async () => {
    page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.addInitScript(
      `globalThis.VX11_URL = ${JSON.stringify(backend.url)};
       globalThis.principalToken = () => ${JSON.stringify(backend.token)};`,
    );
    await page.goto(`${origin}/page/${name}.js`);
    await page.getByText('live', { exact: true }).waitFor();
    await backend.caller.publish(
      event({ type: `${name}.quiet`, severity: 'info' }),
      event({ type: `${name}.loud`, severity: 'critical' }),
    );
    await page.getByText(`critical ${name}.loud`).waitFor();
    expect(await page.getByText(`${name}.quiet`).count()).toBe(0);
    expect(faults).toEqual([]);
    await page.close();
  });
});
