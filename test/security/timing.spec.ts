/**
 * How secrets are compared. A difference of nanoseconds cannot be measured in a test, so this
 * file looks at the comparisons themselves: by `timingSafeEqual`, over whole values of equal
 * length, and never with the secret itself.
 */
import crypto from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HopKeys } from '../../src/http/hop-keys.js';
import { Keyring } from '../../src/token-cache/keyring.js';
import { startBackend } from '../support/backend.js';
import { itLeaksNoToken } from '../support/secrets.js';

const SHA256_BYTES = 32;

describe('the comparison of', () => {
  /** Calls go on to the real function. */
  const compare = jest.spyOn(crypto, 'timingSafeEqual');
  beforeEach(() => compare.mockClear());
  afterAll(() => compare.mockRestore());

  const lengths = () =>
    compare.mock.calls.map((pair) => pair.map((one) => (one as Buffer).byteLength));

  it('a principal token is that of its SHA-256, also when all but one character is right', async () => {
    const backend = await startBackend();
    const { token } = backend.caller;
    const almost = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
    const ask = async (sent: string) =>
      (await backend.caller.api('/session', { headers: { 'x-vx11-token': sent } })).status;
    expect(await ask(token)).toBe(200);
    expect(lengths()).toContainEqual([SHA256_BYTES, SHA256_BYTES]);
    compare.mockClear();
    // Its hash has nothing in common with that of the token, so nothing is compared at all.
    expect(await ask(almost)).toBe(403);
    expect(lengths()).toEqual([]);
    await backend.close();
  });

  it.each([0, 20, 42])(
    'a signature of the gateway reads all of it, wrong from character %i on',
    (at) => {
      const keys = new HopKeys(['a-key-of-the-test-that-is-long-enough-for-it']);
      const claims = {
        method: 'GET',
        target: '/',
        address: '',
        protocol: 'http',
        host: 'a',
        principal: '',
      };
      const [time, mac = ''] = keys.sign(claims, 1_000).split('.');
      const other = mac[at] === 'A' ? 'Q' : 'A';
      const wrong = `${time}.${mac.slice(0, at)}${other}${mac.slice(at + 1)}`;
      expect(keys.verify(wrong, claims, 1_000)).toBe(false);
      expect(lengths()).toEqual([[SHA256_BYTES, SHA256_BYTES]]);
    },
  );

  it.each([0, 20, 42])('a seal in the store reads all of it, wrong from character %i on', (at) => {
    const keyring = Keyring.random();
    const sealed = keyring.seal('place', 'text');
    const other = sealed[at] === 'A' ? 'Q' : 'A';
    const wrong = sealed.slice(0, at) + other + sealed.slice(at + 1);
    expect(keyring.open('place', wrong)).toBeUndefined();
    expect(lengths()).toEqual([[43, 43]]);
  });
});

/**
 * Comparisons that end at the first difference, of values that reveal nothing by it: hashes
 * of random secrets that a client cannot choose, or public ones.
 */
const HARMLESS = [
  'audit/audit-store.sqlite.ts: if (stored && stored.hash !== this.hashOf(stored.entry.seq)) throw new ChainTaken(true);',
  'audit/chain-verifier.ts: } else if (removed.seq === first.seq - 1 && removed.hash !== first.prev) {',
  'audit/chain-verifier.ts: if (computed !== exported.hash) {',
  'audit/chain-verifier.ts: if (text !== undefined && sha256Hex(text) === exported.hash) return exported.hash;',
  'audit/chain-verifier.ts: if (wanted?.to === seq && wanted.head !== hash && wanted.head !== computed) {',
  "auth/identity/dpop-proof.ts: if (ath !== createHash('sha256').update(token).digest('base64url')) {",
  "auth/identity/session-store.redis.ts: if (session.refreshHash !== from) return 'reused';",
  'auth/principal-rights.ts: (right.credentialHash === undefined || opened.credentialHash === right.credentialHash) &&',
  'auth/principal-rights.ts: const credential = managed?.credentials.find(({ hash }) => hash === credentialHash);',
  'auth/principal-rights.ts: const own = credentials.find(({ hash }) => hash === credentialHash)?.expiresAt;',
  'auth/principals/principal-views.ts: const own = managed?.credentials.find(({ hash }) => hash === entry.credentialHash);',
];
/** `===` with a secret, or its hash, on either side, and no constant on the other. */
const COMPARED =
  /(?:[hH]ash|[tT]oken|[sS]ecret|[sS]ignature|[mM]ac)\b\)? [!=]==(?! (?:undefined|null|['"`\d]))|(?<!typeof \w+ )[!=]== [\w.]*(?:[hH]ash|[tT]oken|[sS]ecret|[sS]ignature|[mM]ac)\b/;

it('no source compares a secret, or the hash of one, by === unless this file says why', () => {
  const root = join(__dirname, '../../src');
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .flatMap((name) =>
      readFileSync(join(root, name), 'utf8')
        .split('\n')
        .filter((line) => COMPARED.test(line))
        .map((line) => `${name}: ${line.trim()}`),
    );
  expect(found.toSorted()).toEqual(HARMLESS.toSorted());
});

itLeaksNoToken();
