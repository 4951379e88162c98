import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOperatorFrontend } from '../../src/apps/operator-frontend.js';
import { loadConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/kernel/logger.js';
import { newPrincipalToken } from '../support/backend.js';
import { eventually } from '../support/eventually.js';
import { ask, closed, exchange } from '../support/http.js';
import { build, ourServer } from '../support/process.js';
import type { ServerProcess } from '../support/process/server-process.ts';
import { itLeaksNoToken, remember } from '../support/secrets.js';

describe("the panel's files", () => {
  let directory: string;
  let frontend: Awaited<ReturnType<typeof startOperatorFrontend>>;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'vx11-panel-'));
    mkdirSync(join(directory, 'panel/assets'), { recursive: true });
    writeFileSync(join(directory, 'panel/index.html'), '<title>panel</title>');
    writeFileSync(join(directory, 'panel/assets/app-1a2b.js'), 'export {};');
    writeFileSync(join(directory, 'outside.txt'), 'outside');
    writeFileSync(join(directory, 'panel/icon.svg'), '<svg/>');
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

  it.each([
    ['', 'text/html;charset=utf-8'],
    ['assets/app-1a2b.js', 'text/javascript'],
    ['icon.svg', 'image/svg+xml'],
  ])('have their type, length and version, also in answer to HEAD: /%s', async (path, type) => {
    const full = await ask(frontend.url, `/operator/ui/${path}`);
    const head = await ask(frontend.url, `/operator/ui/${path}`, { method: 'HEAD' });
    for (const { status, headers } of [full, head]) {
      expect([status, headers['content-type']]).toEqual([200, type]);
      expect(headers['content-length']).toBe(String(full.text.length));
      expect(headers.etag).toMatch(/^"[\w-]{43}"$/);
      expect(headers['last-modified']).toBeUndefined();
      expect(headers.vary).toBeUndefined();
    }
    expect(head.text).toBe('');
  });

  it.each(['', 'assets/app-1a2b.js'])(
    'are not sent again to a client that has them, which may keep them as long: /%s',
    async (path) => {
      const first = await ask(frontend.url, `/operator/ui/${path}`);
      for (const tags of [first.headers.etag, `"other", ${first.headers.etag}`]) {
        const again = await ask(frontend.url, `/operator/ui/${path}`, {
          headers: { 'if-none-match': tags },
        });
        expect([again.status, again.text]).toEqual([304, '']);
        expect(again.headers.etag).toBe(first.headers.etag);
        expect(again.headers['cache-control']).toBe(first.headers['cache-control']);
      }
      const other = { 'if-none-match': '"other"' };
      expect((await ask(frontend.url, `/operator/ui/${path}`, { headers: other })).status).toBe(
        200,
      );
    },
  );

  it('are sent again once they have changed, though length and time are the same', async () => {
    const version = async (name: string) => {
      const from = join(directory, name);
      mkdirSync(from);
      writeFileSync(join(from, 'index.html'), name);
      // As in an image, where every file has the time of all builds.
      utimesSync(join(from, 'index.html'), 1_735_689_600, 1_735_689_600);
      return start(from);
    };
    const [first, second] = [await version('version 1'), await version('version 2')];
    const { headers } = await ask(first.url, '/operator/ui/');
    const again = await ask(second.url, '/operator/ui/', {
      headers: {
        'if-none-match': headers.etag,
        'if-modified-since': 'Wed, 01 Jan 2025 00:00:00 GMT',
      },
    });
    expect([again.status, again.text]).toEqual([200, 'version 2']);
    await Promise.all([first.close(), second.close()]);
  });

  it.each(['bytes=5-2', 'bytes=-5', 'bytes=0-1,3-4', 'bytes=abc', 'bytes=0-0', 'bytes=999-', '-'])(
    'come whole, whatever range is requested: %s',
    async (range) => {
      const { status, headers, text } = await ask(frontend.url, '/operator/ui/', {
        headers: { range },
      });
      expect([status, text]).toEqual([200, '<title>panel</title>']);
      expect(headers['content-range']).toBeUndefined();
    },
  );

  it.each(
    ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].flatMap((method) =>
      ['', '/', '/streams', '/assets/app-1a2b.js'].map((path) => [method, path]),
    ),
  )('refuse %s %s with 405 method_not_allowed', async (method, path) => {
    const { status, headers, json } = await ask(frontend.url, `/operator/ui${path}`, { method });
    expect([status, json?.code, headers.allow]).toEqual([405, 'method_not_allowed', 'GET, HEAD']);
    expect(headers['cache-control']).toBe('no-store');
  });

  it('stay as they were at the start when a build removes and replaces them', async () => {
    const built = join(directory, 'built');
    mkdirSync(join(built, 'assets'), { recursive: true });
    writeFileSync(join(built, 'index.html'), 'first page');
    writeFileSync(join(built, 'assets/app-1.js'), 'first();');
    const server = await start(built);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const texts = async () => {
      const paths = ['/operator/ui/', '/operator/ui/assets/app-1.js', '/operator/ui/'];
      const found: string[] = [];
      for (const path of paths) found.push((await ask(server.url, path, { agent })).text);
      return found;
    };
    const before = await texts();
    expect(before).toEqual(['first page', 'first();', 'first page']);
    for (const page of ['short', 'a second page that is longer']) {
      writeFileSync(join(built, 'index.html'), page);
      rmSync(join(built, 'assets'), { recursive: true, force: true });
      expect(await texts()).toEqual(before);
    }
    agent.destroy();
    await server.close();
  });

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

describe('operator-frontend as a process', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    await build();
    const entry = '.cache/run/operator-frontend.js';
    server = await ourServer({ entry, portVariable: 'VX11_FRONTEND_PORT', env: {} }).start();
  }, 60_000);

  // One that hangs ends by nothing else.
  afterAll(() => server.end('SIGKILL'));

  it('holds no file open for clients that left before the end of their downloads', async () => {
    const page = await ask(server.url, '/operator/ui/');
    const script = /src="\.?\/?(assets\/[^"]+\.js)"/.exec(page.text)?.[1];
    expect((await ask(server.url, `/operator/ui/${script}`)).status).toBe(200);
    for (let left = 0; left < 100; left += 1) {
      const socket = connect(server.port, '127.0.0.1');
      // Unread, so that the kernel's buffers fill and the download cannot end.
      socket.pause();
      const gone = closed(socket);
      const request = `GET /operator/ui/${script} HTTP/1.1\r\nHost: a\r\n\r\n`;
      socket.write(request.repeat(20), () => setTimeout(() => socket.resetAndDestroy(), left % 4));
      await gone;
    }
    expect((await ask(server.url, '/livez')).status).toBe(200);
    const open = () => Promise.resolve(openFiles(server.pid, '/frontend/').length);
    expect(await eventually(open, (files) => files === 0)).toBe(0);
    expect(server.crashes).toEqual([]);
  });

  it('keeps a token to itself that was sent to it by mistake', async () => {
    const token = remember(newPrincipalToken(), 'principal');
    for (const [path, headers] of [
      [`/operator/ui/?token=${token}`, {}],
      [`/operator/ui/assets/missing?token=${token}`, {}],
      ['/operator/ui/', { 'x-vx11-token': token, authorization: `Bearer ${token}` }],
    ] as const) {
      expect((await ask(server.url, path, { headers })).text).not.toContain(token);
    }
  });

  it('answers 404 at once to a long name with many dots', async () => {
    const name = 'aaaa.'.repeat(1_000);
    expect((await ask(server.url, `/operator/ui/${name}!`)).status).toBe(404);
  });
});

/** The open files of a process whose paths contain this. */
function openFiles(pid: number, part: string): string[] {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).flatMap((name) => {
    try {
      const path = readlinkSync(join(directory, name));
      return path.includes(part) ? [path] : [];
    } catch {
      return []; // closed in the meantime
    }
  });
}

itLeaksNoToken();
