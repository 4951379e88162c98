/**
 * The panel's image: a real nginx with its configuration.
 * @needs nginx
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '../support/http.js';
import { answers, Child } from '../support/process/child.ts';
import { freePorts } from '../support/process/ports.ts';

/** Every file of an image has this time: scripts/images.mjs. */
const BUILT_AT = 1_735_689_600;

describe("the panel's image", () => {
  const directory = mkdtempSync(join(tmpdir(), 'vx11-panel-image-'));
  const panel = join(directory, 'srv/operator/ui');
  let nginx: Child;
  let url: string;

  function write(name: string, text: string): void {
    writeFileSync(join(panel, name), text);
    utimesSync(join(panel, name), BUILT_AT, BUILT_AT);
  }

  beforeAll(async () => {
    const [port] = await freePorts(1);
    url = `http://127.0.0.1:${port}`;
    // Started by root, nginx serves as another user.
    chmodSync(directory, 0o755);
    mkdirSync(join(panel, 'assets'), { recursive: true });
    mkdirSync(join(directory, 'tmp'));
    const settings = readFileSync('images/nginx.conf', 'utf8')
      .replace('[::]:8002 ipv6only=off', `127.0.0.1:${port}`)
      // A pipe of Node's cannot be opened by that name.
      .replace('/dev/stderr', 'stderr')
      .replaceAll(' /tmp/', ` ${directory}/tmp/`)
      .replace('root /srv', `root ${directory}/srv`);
    writeFileSync(join(directory, 'nginx.conf'), settings);
    const args = ['-e', 'stderr', '-c', join(directory, 'nginx.conf')];
    nginx = new Child({ name: 'nginx', command: 'nginx', args });
    await nginx.until(() => answers(`${url}/health`), 60_000);
  });

  afterAll(async () => {
    await nginx.end('SIGTERM');
    rmSync(directory, { recursive: true });
  });

  it('sends the page of a new version to a browser that has the old one', async () => {
    write('index.html', 'page of version 1');
    const first = await ask(url, '/operator/ui/');
    expect([first.status, first.headers['cache-control']]).toEqual([200, 'no-cache']);
    write('index.html', 'page of version 2');
    for (const path of ['/operator/ui/', '/operator/ui/index.html', '/operator/ui/streams']) {
      const { status, text } = await ask(url, path, {
        headers: {
          'if-none-match': first.headers.etag ?? `"${BUILT_AT.toString(16)}-11"`,
          'if-modified-since': new Date(BUILT_AT * 1000).toUTCString(),
        },
      });
      expect([path, status, text]).toEqual([path, 200, 'page of version 2']);
    }
    // Proxies on the way would answer for it.
    expect(first.headers).not.toHaveProperty('last-modified');
  });

  it('lets nobody keep its answer that a file is missing: another pod may have it', async () => {
    const { status, headers } = await ask(url, '/operator/ui/assets/app-0000.js');
    expect([status, headers['cache-control']]).toEqual([404, 'no-store']);
  });

  it('tells caches that a compressed file is one of two variants', async () => {
    write('assets/app-1a2b.js', 'export {};'.repeat(100));
    for (const encoding of ['gzip', 'identity']) {
      const { status, headers } = await ask(url, '/operator/ui/assets/app-1a2b.js', {
        headers: { 'accept-encoding': encoding },
      });
      expect([status, headers['cache-control']]).toEqual([
        200,
        'public, max-age=31536000, immutable',
      ]);
      expect([headers['content-encoding'], headers.vary]).toEqual([
        encoding === 'gzip' ? 'gzip' : undefined,
        'Accept-Encoding',
      ]);
    }
  });
});
