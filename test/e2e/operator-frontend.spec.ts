import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOperatorFrontend } from '../../src/apps/operator-frontend.js';
import { loadConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/kernel/logger.js';
import { ask, exchange } from '../support/http.js';

describe("the panel's files", () => {
  let directory: string;
  let frontend: Awaited<ReturnType<typeof startOperatorFrontend>>;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'vx11-panel-'));
    mkdirSync(join(directory, 'panel/assets'), { recursive: true });
    writeFileSync(join(directory, 'panel/index.html'), '<title>panel</title>');
    writeFileSync(join(directory, 'panel/assets/app-1a2b.js'), 'export {};');
    writeFileSync(join(directory, 'outside.txt'), 'outside');
    frontend = await start(join(directory, 'panel'));
  });

  afterAll(async () => {
    await frontend.close();
    rmSync(directory, { recursive: true });
  });

  function start(from: string) {
    const config = loadConfig({ NODE_ENV: 'test', VX11_FRONTEND_PORT: '0' });
    const logger = createLogger({ service: 'operator-frontend', level: 'fatal', pretty: false });
    return startOperatorFrontend(config, logger, from);
  }

  it('come under /operator/ui/: the page always fresh, its assets for good', async () => {
    const page = await ask(frontend.url, '/operator/ui/');
    expect([page.status, page.text]).toEqual([200, '<title>panel</title>']);
    expect(page.headers['cache-control']).toBe('no-cache');
    const asset = await ask(frontend.url, '/operator/ui/assets/app-1a2b.js');
    expect(asset.headers['content-type']).toMatch(/javascript/);
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it('give the page for every address of the panel, and 404 for a file that is not there', async () => {
    expect((await ask(frontend.url, '/operator/ui/streams')).text).toBe('<title>panel</title>');
    expect((await ask(frontend.url, '/elsewhere')).status).toBe(404);
    // The page's links are relative: it is sent only where they lead to its files.
    expect((await ask(frontend.url, '/operator/ui/streams/1')).status).toBe(404);
    const { status, headers } = await ask(frontend.url, '/operator/ui');
    expect([status, headers.location]).toEqual([302, '/operator/ui/']);
  });

  it.each(['assets/app-0000.js', 'assets/app', 'assets/', 'assets', 'assets/a/b', 'assets/a%2fb'])(
    'answer 404 to the missing /operator/ui/%s, which nobody may keep',
    async (path) => {
      const { status, headers, json } = await ask(frontend.url, `/operator/ui/${path}`);
      expect([status, json?.code]).toEqual([404, 'not_found']);
      expect(headers['cache-control']).toBe('no-store');
    },
  );

  it('never give the page for good, however its address is spelt', async () => {
    for (const path of ['/assets/x', '//assets/x', '/a/../assets/x', '/%61ssets/x']) {
      const answer = await exchange(
        frontend.url,
        `GET /operator/ui${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      );
      expect([path, answer]).toEqual([path, expect.not.stringContaining('immutable')]);
    }
  });

  it('may load nothing from elsewhere, run nothing inline, and stand in no frame', async () => {
    const { headers } = await ask(frontend.url, '/operator/ui/');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('are all that can be reached', async () => {
    for (const path of ['/operator/ui/../outside.txt', '/operator/ui/..%2foutside.txt']) {
      const answer = await exchange(
        frontend.url,
        `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).not.toContain('outside\n');
      expect(answer.endsWith('outside')).toBe(false);
    }
  });

  it('are reached from the front door, and have a health', async () => {
    expect((await ask(frontend.url, '/')).headers.location).toBe('/operator/ui/');
    expect((await ask(frontend.url, '/health')).json).toMatchObject({ status: 'ok' });
  });

  it('say so when they are not built', async () => {
    const placeholder = await start(join(__dirname, '../../frontend/placeholder'));
    const { status, text } = await ask(placeholder.url, '/operator/ui/');
    expect([status, text]).toEqual([200, expect.stringContaining('The panel is not built')]);
    const style = /href="([^"]+\.css)"/.exec(text)?.[1] ?? '';
    expect((await ask(placeholder.url, `/operator/ui/${style}`)).status).toBe(200);
    await placeholder.close();
  });
});
