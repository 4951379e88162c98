import { readFileSync } from 'node:fs';
import { ConfigError, loadConfig } from './config.js';
import { renderEnvExample } from './env-example.js';

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
    const config = loadConfig({ VX11_BACKEND_PORT: ' 9000 ', VX11_TRUSTED_PROXIES: 'a, b,' });
    expect(config.VX11_BACKEND_PORT).toBe(9000);
    expect(config.VX11_TRUSTED_PROXIES).toEqual(['a', 'b']);
  });

  it('takes an empty variable as absent', () => {
    expect(loadConfig({ VX11_BACKEND_PORT: '', VX11_OPERATOR_TOKEN: '' })).toMatchObject({
      VX11_BACKEND_PORT: 8011,
      VX11_OPERATOR_TOKEN: undefined,
    });
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

  it('is frozen', () => {
    expect(Object.isFrozen(loadConfig({}))).toBe(true);
  });

  it('is what .env.example says, line for line', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(renderEnvExample());
  });
});
