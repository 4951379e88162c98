import type { JWSHeaderParameters } from 'jose';
import { newKey, type Key } from '../../../test/support/oidc/issuer.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { quiet } from '../../../test/support/redis-under-test.js';
import { IssuerKeys } from './issuer-keys.js';

const ISSUER = 'https://issuer.test';
const MINUTE = 60_000;

describe('IssuerKeys', () => {
  let clock: ManualClock;
  let published: Key[];
  let isAway: boolean;
  let reads: string[];
  let document: object;

  beforeEach(async () => {
    clock = new ManualClock();
    published = [await newKey('k1')];
    isAway = false;
    reads = [];
    document = { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` };
  });

  const make = (jwksUrl?: string) =>
    new IssuerKeys(
      { issuer: ISSUER, jwksUrl, keysGraceMs: 60 * MINUTE },
      clock,
      quiet,
      async (url) => {
        reads.push(url);
        if (isAway) throw new Error('away');
        return url.endsWith('/keys')
          ? { keys: published.map(({ publicJwk }) => publicJwk) }
          : document;
      },
    );
  const get = (keys: IssuerKeys, kid: string) =>
    keys.get({ alg: 'ES256', kid } as JWSHeaderParameters, { payload: '', signature: '' });

  it('reads the keys once, where the discovery document says', async () => {
    const keys = make();
    await Promise.all([get(keys, 'k1'), get(keys, 'k1')]);
    await get(keys, 'k1');
    expect(reads).toEqual([`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/keys`]);
  });

  it.each([
    ['names another issuer', { issuer: 'https://evil.test', jwks_uri: `${ISSUER}/keys` }],
    ['names no keys', { issuer: ISSUER }],
    ['leads from TLS to none', { issuer: ISSUER, jwks_uri: 'http://issuer.test/keys' }],
    ['is a list', []],
  ])('trusts no discovery document that %s', async (_, own) => {
    document = own;
    await expect(get(make(), 'k1')).rejects.toMatchObject({ code: 'issuer_unavailable' });
  });

  it('looks for an unknown key at once, and then only every 30 seconds', async () => {
    const keys = make(`${ISSUER}/keys`);
    await get(keys, 'k1');
    clock.advance(31_000);
    published.push(await newKey('k2'));
    await get(keys, 'k2');
    expect(reads).toHaveLength(2);
    for (let round = 0; round < 50; round += 1) {
      await expect(get(keys, `made-up-${round}`)).rejects.toThrow('no applicable key');
    }
    expect(reads).toHaveLength(2);
    clock.advance(31_000);
    await expect(get(keys, 'made-up')).rejects.toThrow('no applicable key');
    expect(reads).toHaveLength(3);
  });

  it('reads a new key once, for all that come with it meanwhile', async () => {
    const keys = make(`${ISSUER}/keys`);
    await get(keys, 'k1');
    clock.advance(31_000);
    published.push(await newKey('k2'));
    await Promise.all(Array.from({ length: 5 }, () => get(keys, 'k2')));
    expect(reads).toHaveLength(2);
  });

  it('notices a withdrawn key within minutes', async () => {
    const keys = make(`${ISSUER}/keys`);
    await get(keys, 'k1');
    published = [await newKey('k2')];
    clock.advance(6 * MINUTE);
    // This one starts the look.
    await get(keys, 'k1');
    await get(keys, 'k2');
    await expect(get(keys, 'k1')).rejects.toThrow('no applicable key');
  });

  it('uses known keys while the issuer is away, for the grace time and no longer', async () => {
    const keys = make(`${ISSUER}/keys`);
    await get(keys, 'k1');
    isAway = true;
    clock.advance(59 * MINUTE);
    await get(keys, 'k1');
    clock.advance(2 * MINUTE);
    await expect(get(keys, 'k1')).rejects.toMatchObject({
      code: 'issuer_unavailable',
      status: 503,
    });
    isAway = false;
    clock.advance(1_001);
    await get(keys, 'k1');
  });

  it('trusts none while the issuer publishes none, and is back a second after it does', async () => {
    const keys = make(`${ISSUER}/keys`);
    await get(keys, 'k1');
    const [own] = published.splice(0);
    clock.advance(31_000);
    for (const kid of ['made-up', 'k1']) {
      await expect(get(keys, kid)).rejects.toMatchObject({ code: 'issuer_unavailable' });
    }
    expect(reads).toHaveLength(2);
    published = [own!];
    clock.advance(1_001);
    await get(keys, 'k1');
  });

  it('without any key, asks an issuer that is away once a second, however many tokens come', async () => {
    const keys = make(`${ISSUER}/keys`);
    isAway = true;
    const flood = async () => {
      for (let round = 0; round < 50; round += 1) {
        await expect(get(keys, 'k1')).rejects.toMatchObject({ code: 'issuer_unavailable' });
      }
    };
    await flood();
    expect(reads).toHaveLength(1);
    clock.advance(1_001);
    await flood();
    expect(reads).toHaveLength(2);
  });
});
