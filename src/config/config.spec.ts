import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from './config.js';
import { renderEnvExample, renderReference } from './env-example.js';
import { settings } from './environment.js';

describe('configuration', () => {
  it('has a default for everything a development start needs', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      NODE_ENV: 'development',
      VX11_HOST: '127.0.0.1',
      VX11_GATEWAY_PORT: 8000,
      VX11_BACKEND_PORT: 8011,
      VX11_SSE_TOKEN_REUSE: 'same-client',
      VX11_SSE_PRINCIPAL_FALLBACK: 'any',
      VX11_DRAIN_SECONDS: 10,
      VX11_STREAM_BUFFER_BYTES: 1024 * 1024,
    });
    expect(config.VX11_REDIS_URL).toBeUndefined();
  });

  it('reads, trims and converts', () => {
    const config = loadConfig({
      VX11_BACKEND_PORT: ' 9000 ',
      VX11_TRUSTED_PROXIES: '::1, 10.0.0.0/8,',
    });
    expect(config.VX11_BACKEND_PORT).toBe(9000);
    expect(config.VX11_TRUSTED_PROXIES).toEqual(['::1', '10.0.0.0/8']);
  });

  it('takes an empty variable as absent', () => {
    expect(loadConfig({ VX11_BACKEND_PORT: '', VX11_OPERATOR_TOKEN: '' })).toMatchObject({
      VX11_BACKEND_PORT: 8011,
      VX11_OPERATOR_TOKEN: undefined,
    });
  });

  it('takes a blank variable of any kind as absent', () => {
    const names = settings().flatMap((group) => group.settings.map(({ name }) => name));
    expect(names).toContain('VX11_BACKEND_URLS');
    expect(loadConfig(Object.fromEntries(names.map((name) => [name, ' \t'])))).toEqual(
      loadConfig({}),
    );
  });

  it('names every fault at once and how to fix it', () => {
    const broken = {
      VX11_BACKEND_PORT: 'eighty',
      VX11_SSE_TOKEN_REUSE: 'maybe',
      VX11_DRAIN_SECONDS: '0',
    };
    expect(() => loadConfig(broken)).toThrow(ConfigError);
    expect(() => loadConfig(broken)).toThrow(
      expect.objectContaining({
        faults: [
          expect.stringContaining('VX11_BACKEND_PORT must be a whole number, not "eighty"'),
          expect.stringContaining('VX11_SSE_TOKEN_REUSE must be one of allow'),
          expect.stringContaining('VX11_DRAIN_SECONDS must be at least 1'),
        ],
      }),
    );
  });

  it.each([
    ['VX11_CORS_ORIGINS', '*', 'must name each origin'],
    ['VX11_CORS_ORIGINS', 'shop.example', 'with their scheme'],
    ['VX11_CORS_ORIGINS', 'https://app.example/ui', 'without a path'],
    ['VX11_CORS_ORIGINS', 'https://a.example, https://*.example:x', 'with their scheme'],
    ['VX11_CORS_ORIGINS', 'null', 'with their scheme'],
    ['VX11_TRUSTED_PROXIES', 'nginx', 'a host name is not possible'],
    ['VX11_TRUSTED_PROXIES', '10.0.0.0/33', 'CIDR ranges'],
    ['VX11_GATEWAY_TRUSTED_PROXIES', '10.0.0', 'IP addresses'],
    ['VX11_GATEWAY_TRUSTED_PROXIES', '10.0.0.0/255.0.0.0', 'CIDR ranges'],
    ['VX11_TRUSTED_PROXIES', '::ffff:10.0.0.0/104', 'CIDR ranges'],
    ['VX11_GATEWAY_TRUSTED_PROXIES', 'true', 'a host name is not possible'],
    ['VX11_REDIS_URL', 'redis://:a%b@redis:6379', 'write it as %25'],
    ['VX11_REDIS_URL', 'redis://:a/b@redis:6379', 'as %2F'],
    ['VX11_REDIS_URL', 'redis://:a#b@redis:6379', 'as %23'],
    ['VX11_REDIS_URL', 'redis://', 'must look like'],
    ['VX11_REDIS_URL', 'redis://host/one', 'must look like'],
    ['VX11_REDIS_URL', 'localhost:6379', 'must begin with redis://'],
    ['VX11_REDIS_SENTINELS', 'a:99999', 'a port up to 65535'],
    ['VX11_REDIS_CLUSTER', 'redis', 'host:port'],
    ['VX11_BACKEND_URLS', 'http://backend:99999', 'must begin with http://'],
    ['VX11_MADRE_URL', 'madre:8001', 'must begin with http://'],
    ['VX11_HOST', 'http://127.0.0.1', 'must be an IP address'],
    ['VX11_PUBLIC_PATH', 'tools', 'must begin with a slash'],
    ['VX11_PUBLIC_PATH', '/a//b', 'must begin with a slash'],
    ['VX11_PUBLIC_PATH', '/a/../b', 'must begin with a slash'],
    ['VX11_PUBLIC_PATH', '/a?b', 'must begin with a slash'],
    ['VX11_PUBLIC_PATH', '//host', 'must begin with a slash'],
    ['VX11_PUBLIC_PATH', '/operator/x', 'a path of the gateway itself'],
    ['VX11_HOST', '256.0.0.1', 'must be an IP address'],
  ])('refuses %s=%s with a sentence that does not repeat it', (name, value, sentence) => {
    const load = () => loadConfig({ [name]: value });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(sentence);
    // A short value is a word of the sentence itself.
    expect(load).not.toThrow(value.padEnd(9, ' '));
  });

  it.each(['0x10', '1e3', '10.0', '+10', '010', '1_000'])(
    'takes no number written as %s',
    (text) => {
      expect(() => loadConfig({ VX11_BACKEND_PORT: text })).toThrow(
        `VX11_BACKEND_PORT must be a whole number, not "${text}"`,
      );
    },
  );

  it('takes a public path with and without a slash at its end', () => {
    const pathOf = (text: string) => loadConfig({ VX11_PUBLIC_PATH: text }).VX11_PUBLIC_PATH;
    expect(['', '/', '/vx11', '/tools/vx11/'].map(pathOf)).toEqual([
      '',
      '',
      '/vx11',
      '/tools/vx11',
    ]);
  });

  it('understands an origin however it is spelled', () => {
    const { VX11_CORS_ORIGINS } = loadConfig({
      VX11_CORS_ORIGINS: 'https://App.Example/, HTTP://localhost:80,https://b.example:8443',
    });
    expect(VX11_CORS_ORIGINS).toEqual([
      'https://app.example',
      'http://localhost',
      'https://b.example:8443',
    ]);
  });

  it('takes a secret from the file that NAME_FILE names, and from nowhere else', () => {
    const directory = mkdtempSync(join(tmpdir(), 'vx11-config-'));
    const file = join(directory, 'secret');
    try {
      writeFileSync(file, 'first-key\nsecond-key\n');
      const config = loadConfig({ VX11_HOP_KEYS_FILE: file, VX11_DATA_DIR_FILE: file });
      expect(config.VX11_HOP_KEYS).toEqual(['first-key', 'second-key']);
      expect(config.VX11_DATA_DIR).toBe('.data');
      writeFileSync(file, 'a-token\n');
      expect(loadConfig({ VX11_OPERATOR_TOKEN_FILE: file }).VX11_OPERATOR_TOKEN).toBe('a-token');
      expect(() => loadConfig({ VX11_NEIGHBOUR_TOKEN_FILE: `${file}-2` })).toThrow(
        'VX11_NEIGHBOUR_TOKEN_FILE cannot be read: ENOENT',
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('is frozen', () => {
    expect(Object.isFrozen(loadConfig({}))).toBe(true);
  });

  it.each([
    ['.env.example', renderEnvExample],
    ['docs/reference/configuration.md', renderReference],
  ])('is what %s says, line for line', (file, render) => {
    expect(readFileSync(file, 'utf8')).toBe(render());
  });

  it('has exactly the settings that the reference lists', () => {
    const names = settings().flatMap(({ settings: own }) => own.map(({ name }) => name));
    expect(Object.keys(loadConfig({})).toSorted()).toEqual(names.toSorted());
    expect(new Set(names).size).toBe(names.length);
  });

  it('says for every number what it counts, except for ports', () => {
    const config = loadConfig({}) as unknown as Record<string, unknown>;
    const bare = settings()
      .flatMap(({ settings: own }) => own)
      .filter(({ name, unit }) => typeof config[name] === 'number' && unit === undefined);
    expect(bare.map(({ name }) => name).filter((name) => !name.endsWith('_PORT'))).toEqual([]);
  });
});
