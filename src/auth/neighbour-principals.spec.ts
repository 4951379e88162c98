import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '../config/config.js';
import { sha256 } from '../kernel/ids.js';
import { developmentToken } from './development-token.js';
import { neighbourCredentials, neighbourToken } from './neighbour-principals.js';
import { OpaqueTokenVerifier } from './opaque-token-verifier.js';
import { memoryRights } from '../../test/support/memory-rights.js';
import { loadPrincipals } from './principals.js';

describe('the principals of the neighbours', () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'vx11-'));
  });

  afterEach(() => rmSync(dataDir, { recursive: true }));

  const config = (env: Record<string, string> = {}) =>
    loadConfig({ VX11_DATA_DIR: dataDir, ...env });

  it('may publish, and nothing else', () => {
    const { credentials } = loadPrincipals(config());
    const verifier = new OpaqueTokenVerifier(memoryRights(credentials).rights);
    for (const name of ['madre', 'switch', 'hermes'] as const) {
      const principal = verifier.verify(neighbourToken(config(), name));
      expect(principal?.id).toBe(name);
      expect([...principal!.scopes]).toEqual(['events:publish']);
    }
  });

  it('are there in development whatever else is configured', () => {
    const { credentials } = loadPrincipals(config({ VX11_OPERATOR_TOKEN: 'o'.repeat(20) }));
    expect(credentials.map(({ principal }) => principal.id)).toEqual([
      'operator',
      'madre',
      'switch',
      'hermes',
    ]);
  });

  it('are never made up in production', () => {
    const production = config({ NODE_ENV: 'production' });
    expect(neighbourCredentials(production)).toEqual([]);
    expect(() => neighbourToken(production, 'madre')).toThrow(ConfigError);
    expect(() => loadPrincipals(production)).toThrow(ConfigError);
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('share one token where that is configured', () => {
    const token = 'Shared-0123456789-neighbours';
    const env = { NODE_ENV: 'production', VX11_NEIGHBOUR_TOKEN: token };
    const [credential] = neighbourCredentials(config(env));
    expect(credential).toMatchObject({
      tokenSha256: sha256(token),
      principal: { id: 'neighbour' },
    });
    expect(neighbourToken(config(env), 'hermes')).toBe(token);
    expect(() => neighbourToken(config({ VX11_NEIGHBOUR_TOKEN: 'short' }), 'hermes')).toThrow(
      /at least 16/,
    );
  });

  it('do not stand in for the people: without any, one is made', () => {
    const { credentials, createdTokenFile } = loadPrincipals(config());
    expect(credentials[0]?.principal.id).toBe('developer');
    expect(createdTokenFile).toBe(join(dataDir, 'dev-token'));
    expect(loadPrincipals(config()).createdTokenFile).toBeUndefined();
  });
});

describe('a development token', () => {
  it('is one for all who ask, readable by its owner only, and leaves no draft', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'vx11-'));
    const answers = Array.from({ length: 5 }, () => developmentToken(dataDir, 'madre'));
    expect(new Set(answers.map(({ token }) => token)).size).toBe(1);
    expect(answers.map(({ created }) => created)).toEqual([true, false, false, false, false]);
    expect(answers[0]!.token).toMatch(/^[\w-]{43}$/);
    expect(statSync(answers[0]!.file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir)).toEqual(['madre-token']);
    rmSync(dataDir, { recursive: true });
  });

  it.each([
    ['is empty', (file: string) => writeFileSync(file, '\n')],
    ['cannot be read (EISDIR)', (file: string) => mkdirSync(file)],
    ['cannot be read (ENOENT)', (file: string) => symlinkSync('/nowhere/token', file)],
  ])('refuses the start when its file %s', (fault, spoil) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'vx11-'));
    const file = join(dataDir, 'madre-token');
    spoil(file);
    expect(() => developmentToken(dataDir, 'madre')).toThrow(
      `${file} ${fault}: delete it, and the next start makes a token`,
    );
    rmSync(dataDir, { recursive: true });
  });

  it('ends the start with a sentence and leaves no draft where nothing can be written', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'vx11-'));
    const entry = join(__dirname, '../../.cache/run/neighbour.js');
    // No file may hold a byte: as on a full disk.
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', 'ulimit -f 0; exec "$@"', 'sh', process.execPath, entry, 'madre'],
      { env: { VX11_DATA_DIR: dataDir, VX11_MADRE_PORT: '0' }, encoding: 'utf8' },
    );
    expect(stderr).toMatch(/-token cannot be made: .+\. Make room, or name another directory/);
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(78);
    expect(readdirSync(dataDir)).toEqual([]);
    rmSync(dataDir, { recursive: true });
  });
});
