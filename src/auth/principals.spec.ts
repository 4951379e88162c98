import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '../config/config.js';
import { OpaqueTokenVerifier } from './opaque-token-verifier.js';
import { memoryRights } from '../../test/support/memory-rights.js';
import { loadPrincipals } from './principals.js';

const TOKEN = 'a-principal-token-of-the-file';
const tokenSha256 = createHash('sha256').update(TOKEN).digest('hex');
const row = { id: 'ana', tokenSha256, scopes: ['events:read'] };

describe('principals', () => {
  const directory = mkdtempSync(join(tmpdir(), 'vx11-'));
  const file = join(directory, 'principals.json');

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  function load(env: Record<string, string>) {
    return loadPrincipals(loadConfig({ NODE_ENV: 'test', VX11_DATA_DIR: directory, ...env }));
  }

  function fromFile(content: unknown) {
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return load({ VX11_PRINCIPALS_FILE: file });
  }

  it('of the file are recognised by the hash of their token alone', () => {
    const { credentials } = fromFile([{ ...row, filter: { module: ['shop'] }, rateLimit: 5 }]);
    const verifier = new OpaqueTokenVerifier(memoryRights(credentials).rights);
    expect(verifier.verify(TOKEN)).toMatchObject({
      id: 'ana',
      filter: { module: ['shop'] },
      rateLimit: 5,
    });
    expect(verifier.verify(`${TOKEN}x`)).toBeUndefined();
    expect(verifier.verify(tokenSha256)).toBeUndefined();
    expect(JSON.stringify(credentials)).not.toContain(TOKEN);
  });

  it('may all be valid at once: the file and the three variables', () => {
    writeFileSync(file, JSON.stringify([row]));
    const tokens = {
      VX11_OPERATOR_TOKEN: 'operator-token-0001',
      VX11_GATEWAY_TOKEN: 'gateway-token-00001',
      VX11_TENTACULO_LINK_TOKEN: 'tentaculo-token-001',
    };
    const { credentials } = load({ VX11_PRINCIPALS_FILE: file, ...tokens });
    const verifier = new OpaqueTokenVerifier(memoryRights(credentials).rights);
    const ids = [TOKEN, ...Object.values(tokens)].map((token) => verifier.verify(token));
    expect(ids).toEqual(
      ['ana', 'operator', 'gateway', 'tentaculo-link'].map((id) => expect.objectContaining({ id })),
    );
  });

  it.each([
    ['broken JSON', '[{', 'is not JSON'],
    ['an object', {}, 'must hold a JSON list'],
    ['an id with a space', [{ ...row, id: 'a b' }], 'entry 0: id must be'],
    ['a hash that is none', [{ ...row, tokenSha256: TOKEN }], 'tokenSha256 must be'],
    ['an unknown scope', [{ ...row, scopes: ['root'] }], 'scopes may hold'],
    ['an unknown field', [{ ...row, admin: true }], 'entry 0'],
    ['a filter that is a list', [{ ...row, filter: [] }], 'filter must be an object'],
    [
      'a filter that allows nothing',
      [{ ...row, filter: { module: [] } }],
      'filter.module must not be empty',
    ],
    ['a filter with a typing error', [{ ...row, filter: { modul: ['a'] } }], 'entry 0'],
    ['a filter that is empty', [{ ...row, filter: {} }], 'filter must name'],
    ['a filter that is null', [{ ...row, filter: null }], 'filter must be an object'],
    ['an empty entry', [null], 'entry 0: must be an object'],
    ['a list as an entry', [[row]], 'entry 0: must be an object'],
    ['a byte order mark', `\uFEFF${JSON.stringify([row])}`, 'byte order mark'],
    [
      'one token twice',
      [row, { ...row, tokenSha256: tokenSha256.toUpperCase() }],
      'entries 0 and 1',
    ],
    ['the key constructor', [{ ...row, constructor: 1 }], '"constructor" is no field'],
    ['the key toString', [{ ...row, filter: { toString: ['a'] } }], '"toString" is no field'],
    [
      'the key __proto__',
      `[${JSON.stringify(row).replace('{', '{"__proto__":{"scopes":["audit:read"]},')}]`,
      '"__proto__" is no field',
    ],
    ['a fault in a later entry', [row, { ...row, rateLimit: 0 }], 'entry 1'],
  ])('refuse to start with %s, and name the fault without the token', (_, content, fault) => {
    expect(() => fromFile(content)).toThrow(ConfigError);
    expect(() => fromFile(content)).toThrow(fault);
    expect(() => fromFile(content)).not.toThrow(TOKEN);
  });

  it('refuse to start when there are none in production', () => {
    expect(() => load({ NODE_ENV: 'production' })).toThrow(/no principal is configured/);
  });

  it('that are revoked are refused from then on', () => {
    const { rights, revocations } = memoryRights(fromFile([row]).credentials);
    const verifier = new OpaqueTokenVerifier(rights);
    expect(verifier.principals()).toMatchObject([{ id: 'ana', credentialHash: row.tokenSha256 }]);
    void revocations.add('ana', [row.tokenSha256]);
    expect(() => verifier.verify(TOKEN)).toThrow('This principal was revoked.');
  });

  it('are admitted again with a new token', () => {
    const renewed = {
      ...row,
      tokenSha256: createHash('sha256').update('another token of ana').digest('hex'),
    };
    const { rights, revocations } = memoryRights(fromFile([renewed]).credentials);
    const verifier = new OpaqueTokenVerifier(rights);
    void revocations.add('ana', [row.tokenSha256]);
    expect(verifier.verify('another token of ana')).toMatchObject({ id: 'ana' });
  });
});
