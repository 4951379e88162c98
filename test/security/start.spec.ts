import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newDataDir, newPrincipalToken, startBackend } from '../support/backend.js';
import { build, spawnBackend } from '../support/process.js';
import { ask } from '../support/http.js';

const WEAK = 'weak-but-old-token';

describe('a start', () => {
  let dataDir: string;

  beforeAll(build);
  beforeEach(() => (dataDir = newDataDir()));
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it.each([
    [{ VX11_TRUSTED_PROXIES: 'nginx' }, 'VX11_TRUSTED_PROXIES must be'],
    [{ VX11_CORS_ORIGINS: '*' }, 'VX11_CORS_ORIGINS must name'],
    [{ VX11_REDIS_URL: 'redis://:50%@127.0.0.1:1' }, 'VX11_REDIS_URL has a %'],
    [{ VX11_OPERATOR_TOKEN: WEAK }, 'VX11_OPERATOR_TOKEN has fewer than 22 characters'],
    [{ VX11_DATA_DIR: '/dev/null' }, 'VX11_DATA_DIR (/dev/null) is not a directory'],
    [{ VX11_DATA_DIR: '/dev/null/x' }, 'VX11_DATA_DIR (/dev/null/x) is not a directory'],
    // Nobody may make a file there, not even root.
    [{ VX11_DATA_DIR: '/proc' }, 'VX11_DATA_DIR (/proc) cannot be'],
    [
      { VX11_DATA_DIR: '/proc/1/x', NODE_ENV: 'development' },
      'VX11_DATA_DIR (/proc/1/x) cannot be',
    ],
  ])('with %j ends with 78 and a sentence, without a stack', async (env, sentence) => {
    const start = spawnBackend({ VX11_DATA_DIR: dataDir, ...env } as Record<string, string>);
    const error = await start.then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message).toContain('the backend ended with 78');
    expect(error?.message).toContain(sentence);
    expect(error?.message).not.toMatch(/^\s+at /m);
  });

  it.each([
    ['events.sqlite', 'is damaged, or is not an SQLite file. Replace it'],
    ['audit.sqlite', 'cannot be opened: the file is damaged'],
    ['sessions.sqlite', 'everybody then has to sign in again'],
  ])('with %s that is no database ends with 78 and a sentence', async (file, sentence) => {
    writeFileSync(join(dataDir, file), 'no database\n'.repeat(1000));
    const error = await spawnBackend({ VX11_DATA_DIR: dataDir }).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message).toContain('the backend ended with 78');
    expect(error?.message).toContain(sentence);
    expect(error?.message).not.toMatch(/^\s+at /m);
  });

  it('makes files for its own user only', async () => {
    const own = join(dataDir, 'made');
    const backend = await spawnBackend({ VX11_DATA_DIR: own, NODE_ENV: 'development' });
    await backend.end('SIGTERM');
    expect(statSync(own).mode & 0o777).toBe(0o700);
    const names = readdirSync(own);
    expect(names).toContain('events.sqlite');
    for (const name of names) {
      const info = statSync(join(own, name));
      expect([name, info.mode & 0o077]).toEqual([name, 0]);
    }
  });

  it('takes the rights of other users off files that it finds, and leaves other files alone', async () => {
    const env = {
      VX11_DATA_DIR: dataDir,
      NODE_ENV: 'development',
      VX11_OPERATOR_TOKEN: '',
      // Without a key in the environment, a development start makes one in a file.
      VX11_HOP_KEYS: '',
    };
    await (await spawnBackend(env)).end('SIGTERM');
    const wide = ['dev-token', 'events.sqlite', 'events.sqlite.lock', 'hop-operator-backend-token'];
    writeFileSync(join(dataDir, 'revoked.json'), '[]');
    writeFileSync(join(dataDir, 'notes.txt'), '');
    for (const name of [...wide, 'revoked.json', 'notes.txt'])
      chmodSync(join(dataDir, name), 0o666);
    await (await spawnBackend(env)).end('SIGTERM');
    const modes = [...wide, 'revoked.json', 'notes.txt'].map((name) => [
      name,
      (statSync(join(dataDir, name)).mode & 0o777).toString(8),
    ]);
    expect(Object.fromEntries(modes)).toEqual({
      ...Object.fromEntries([...wide, 'revoked.json'].map((name) => [name, '600'])),
      'notes.txt': '666',
    });
  });

  it('reads the token of a development start and does not write it again', async () => {
    const env = { VX11_DATA_DIR: dataDir, NODE_ENV: 'development', VX11_OPERATOR_TOKEN: '' };
    const inode = async () => {
      const backend = await spawnBackend(env);
      await backend.end('SIGTERM');
      const { ino, mtimeMs } = statSync(join(dataDir, 'dev-token'));
      return { ino, mtimeMs };
    };
    expect(await inode()).toEqual(await inode());
  });
});

describe('a principal of the file whose token can be guessed', () => {
  const directory = newDataDir();
  const file = join(directory, 'principals.json');

  beforeAll(() => {
    mkdirSync(directory, { recursive: true });
    const tokenSha256 = createHash('sha256').update(WEAK).digest('hex');
    writeFileSync(file, JSON.stringify([{ id: 'old', tokenSha256, scopes: ['events:read'] }]));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each([
    ['test', 200],
    ['production', 403],
  ])('is answered in %s with %i, and the log does not repeat its token', async (mode, status) => {
    const backend = await startBackend({
      NODE_ENV: mode,
      VX11_PRINCIPALS_FILE: file,
      VX11_OPERATOR_TOKEN: newPrincipalToken(),
    });
    const headers = { 'X-VX11-Token': WEAK };
    const answer = await ask(backend.url, '/operator/api/events?limit=1', { headers });
    await backend.close();
    expect(answer.status).toBe(status);
    const warnings = backend.log.filter((line) => line.includes('"principal":"old"'));
    expect(warnings).toHaveLength(mode === 'test' ? 1 : 0);
    expect(backend.log.join('')).not.toContain(WEAK);
  });
});
