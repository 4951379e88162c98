/** Access tokens as attackers make them: none of them opens anything. */
import { exportSPKI, importJWK, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from 'jose';
import { createHash, createHmac } from 'node:crypto';
import { issuedCredentialHash } from '../../src/auth/identity/issued-principal.js';
import { startBackend, type TestBackend } from '../support/backend.js';
import { startGateway } from '../support/gateway.js';
import { ask, type Answer } from '../support/http.js';
import { AUDIENCE, newKey, Prover, TestIssuer } from '../support/oidc/issuer.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { startService } from '../support/service.js';
import { until } from '../support/until.js';

const WHO = '/operator/api/session';

describe('an access token', () => {
  let issuer: TestIssuer;
  let backend: TestBackend;

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    backend = await startBackend(issuer.env);
  });
  afterAll(async () => {
    await backend.close();
    await issuer.stop();
  });

  const present = (token: string, headers: Record<string, string> = {}): Promise<Answer> =>
    ask(backend.url, WHO, { headers: { authorization: `Bearer ${token}`, ...headers } });
  const now = () => Math.floor(Date.now() / 1000);
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = () => ({
    iss: issuer.url,
    aud: AUDIENCE,
    sub: 'ana',
    iat: now(),
    exp: now() + 300,
    scope: 'events:read streams:admin',
  });

  async function expectRefused(token: string, headers?: Record<string, string>): Promise<void> {
    const { status, json } = await present(remember(token, 'forged'), headers);
    expect([status, json.code]).toEqual([403, 'invalid_token']);
  }

  it('of the issuer is a principal, with the scopes that it grants', async () => {
    const { status, json } = await present(await issuer.token());
    expect([status, json]).toEqual([
      200,
      {
        principal_id: 'oidc:ana',
        scopes: ['events:read'],
        filter: null,
        session_id: null,
        expires_at: expect.any(String),
      },
    ]);
  });

  it.each(['none', 'None', 'NONE'])('without a signature is refused: alg %s', async (alg) => {
    const unsigned = new UnsecuredJWT(payload()).encode();
    const [, body] = unsigned.split('.');
    const header = base64({ alg, typ: 'at+jwt', kid: 'k1' });
    await expectRefused(`${header}.${body}.`);
    await expectRefused(`${header}.${body}.AAAA`);
  });

  it('signed with the public key as a shared secret is refused (algorithm confusion)', async () => {
    const { publicJwk } = issuer.keys[0]!;
    const key = (await importJWK(publicJwk, 'ES256', { extractable: true })) as CryptoKey;
    const secrets = [await exportSPKI(key), JSON.stringify(publicJwk), publicJwk.x as string];
    for (const secret of secrets) {
      for (const alg of ['HS256', 'ES256']) {
        const input = `${base64({ alg, typ: 'at+jwt', kid: 'k1' })}.${base64(payload())}`;
        const mac = createHmac('sha256', secret).update(input).digest('base64url');
        await expectRefused(`${input}.${mac}`);
      }
    }
  });

  it.each([
    '../../../../dev/null',
    "k1' OR '1'='1",
    'http://127.0.0.1:1/keys',
    '',
    'k2',
    '\u0000',
    '__proto__',
  ])('whose kid is %j is refused when another key signed it', async (kid) => {
    const stranger = await newKey('k1');
    await expectRefused(await issuer.token({}, { kid }, stranger));
  });

  it('that brings its own key, or says where one is, is refused', async () => {
    const stranger = await newKey('k1');
    const asked = issuer.reads;
    for (const header of [
      { jwk: stranger.publicJwk },
      { jku: `${issuer.url}/keys` },
      { x5u: `${issuer.url}/keys` },
      { x5c: ['AAAA'] },
      { kid: 'unknown', jku: `${issuer.url}/keys`, jwk: stranger.publicJwk },
    ] as const) {
      await expectRefused(await issuer.token({}, header as object, stranger));
    }
    // At most one look for a new key, and never at an address of the token.
    expect(issuer.reads - asked).toBeLessThanOrEqual(1);
  });

  it.each(['JWT', 'id_token+jwt', 'dpop+jwt', 'logout+jwt', 'at+jwt ', undefined])(
    'of the type %j is refused: it may be an ID token, or a proof',
    async (typ) => expectRefused(await issuer.token({}, { typ: typ as string })),
  );

  it.each(['application/at+jwt', 'AT+JWT'])('of the type %j is taken', async (typ) => {
    expect((await present(await issuer.token({}, { typ }))).status).toBe(200);
  });

  it.each<[string, Record<string, unknown>]>([
    ['expired', { exp: Math.floor(Date.now() / 1000) - 120 }],
    ['without an end', { exp: undefined }],
    ['with an end that is text', { exp: '9999999999' }],
    ['not valid yet', { nbf: Math.floor(Date.now() / 1000) + 600 }],
    ['from the future', { iat: Math.floor(Date.now() / 1000) + 600 }],
    ['without a beginning', { iat: undefined }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['of an issuer that begins alike', { iss: 'http://127.0.0.1' }],
    ['without an issuer', { iss: undefined }],
    ['for another audience', { aud: 'https://other.test' }],
    ['for audiences without ours', { aud: ['a', 'b'] }],
    ['for an audience that contains ours', { aud: `${AUDIENCE}.evil.example` }],
    ['without an audience', { aud: undefined }],
    ['without a subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
    ['with a subject that is no text', { sub: { id: 'ana' } }],
    ['with a subject of kilobytes', { sub: 'a'.repeat(2_000) }],
    ['bound to a certificate', { cnf: { 'x5t#S256': 'A'.repeat(43) } }],
    ['bound to nothing', { cnf: {} }],
  ])('%s is refused', async (_, claims) => expectRefused(await issuer.token(claims)));

  it('that expired within the tolerance opens what it may open until the tolerance is over', async () => {
    const exp = now() - 5;
    const authorization = `Bearer ${await issuer.token({ exp })}`;
    const issued = await ask(backend.url, '/operator/api/events/sse-token', {
      method: 'POST',
      issuing: true,
      headers: { authorization },
    });
    const token = remember(issued.json.sse_token as string, 'ephemeral');
    const stream = await ask(
      backend.url,
      `/operator/api/events/stream?follow=false&token=${token}`,
    );
    expect(stream.status).toBe(200);
    const { json } = await ask(backend.url, WHO, { headers: { authorization } });
    expect(Date.parse(json.expires_at)).toBe((exp + 30) * 1000);
  });

  it.each([1e13, 1e300])('that never ends, exp %d, is taken', async (exp) => {
    const { status, json } = await present(await issuer.token({ exp }));
    expect([status, json.expires_at]).toEqual([200, '+275760-09-13T00:00:00.000Z']);
  });

  it('that was changed after it was signed is refused', async () => {
    const [header, , signature] = (await issuer.token()).split('.');
    await expectRefused(`${header}.${base64(payload())}.${signature}`);
  });

  it.each([
    ['two parts', (token: string) => token.split('.').slice(0, 2).join('.')],
    ['four parts', (token: string) => `${token}.AAAA`],
    ['a critical extension', undefined],
    ['an unencoded payload', undefined],
  ])('with %s is refused', async (what, change) => {
    if (change) return expectRefused(change(await issuer.token()));
    const header =
      what === 'a critical extension'
        ? { crit: ['exp2'], exp2: true }
        : { crit: ['b64'], b64: false };
    const input = `${base64({ alg: 'ES256', kid: 'k1', typ: 'at+jwt', ...header })}.${base64(payload())}`;
    return expectRefused(`${input}.AAAA`);
  });

  it('gives no scope by claims that look like ours', async () => {
    for (const claims of [
      { scope: 'events:read\tstreams:admin' },
      { scope: undefined, scopes: ['streams:admin'] },
      { scope: { 'streams:admin': true } },
      { scope: [['streams:admin']] },
      { scope: undefined, __proto__: { scope: 'streams:admin' } },
      { scope: 'STREAMS:ADMIN' },
    ]) {
      const { status, json } = await present(await issuer.token(claims));
      expect(status).toBe(200);
      expect(json.scopes).not.toContain('streams:admin');
    }
  });

  it.each<[string, string]>([
    ['spaces and line ends', 'ana\r\nX-VX11-Principal: operator'],
    ['letters of every script', 'Žofie 王小明 😀 \u{20000}'],
    ['characters that turn the text around', '\u202Eana\u0000'],
    ['255 of the longest characters', '😀'.repeat(127)],
    ['a percent sign', '%6fperator'],
  ])('may name a holder with %s, whose id is plain and its own', async (_, sub) => {
    const { status, json } = await present(await issuer.token({ sub }));
    expect(status).toBe(200);
    const id = json.principal_id as string;
    expect(id).toMatch(/^oidc:[\w.@|%-]+$/);
    expect(decodeURIComponent(id.slice('oidc:'.length)).replace(/^oidc:/, '')).toBe(sub);
  });

  it.each<[string, Record<string, unknown>]>([
    ['half a character', { sub: 'a\uD83D' }],
    ['256 characters', { sub: 'a'.repeat(256) }],
    ['no text', { sub: { id: 'ana' } }],
  ])('whose holder is named by %s is refused', async (_, claims) => {
    await expectRefused(await issuer.token(claims));
  });

  it('with claims of 7 KB is read, and one that is longer than 8 KB refused unread', async () => {
    const groups = (length: number) => ({ groups: Array(length).fill('a-group-of-the-company') });
    expect((await present(await issuer.token(groups(200)))).status).toBe(200);
    await expectRefused(await issuer.token(groups(300)));
  });

  it('cannot take the id of a configured principal', async () => {
    const { json } = await present(await issuer.token({ sub: 'operator' }));
    expect(json.principal_id).toBe('oidc:operator');
    for (const sub of ['a b', 'a/../b', 'a\r\nX-Injected: 1', 'ä', '%41', 'oidc:ana']) {
      const { status, json: who } = await present(await issuer.token({ sub }));
      expect(status).toBe(200);
      expect(who.principal_id).toMatch(/^oidc:[A-Za-z0-9._@|%!~*'()-]+$/);
      expect(who.principal_id).not.toBe('oidc:A');
    }
  });

  it('is not refused by what happens to a managed principal, whatever hash an administrator gave that one', async () => {
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    const principal = (id: string, token_sha256: string) =>
      backend.caller.post('/principals', { id, scopes: ['events:read'], token_sha256 });
    const own = issuedCredentialHash('oidc:ana');
    expect((await principal('by-own-hash', own)).status).toBe(400);
    const texts = ['oidc:ana', 'ana', 'issued by the configured issuer\noidc:ana'];
    for (const [index, text] of texts.entries()) {
      const id = `by-hash-${index}`;
      expect((await principal(id, sha256(text))).status).toBe(201);
      expect((await backend.caller.post(`/principals/${id}/revoke`)).status).toBe(202);
    }
    expect((await present(await issuer.token())).status).toBe(200);
  });

  it('opens no stream from the URL, and is not accepted as X-VX11-Token twice', async () => {
    const token = await issuer.token();
    const path = `/operator/api/events/stream?follow=false&token=${token}`;
    expect((await ask(backend.url, path)).status).toBe(403);
  });

  it('is refused from the moment its principal is revoked, and admitted after restore', async () => {
    const token = await issuer.token({ sub: 'eve' });
    expect((await backend.caller.post('/principals/oidc:eve/revoke')).status).toBe(202);
    expect((await present(token)).status).toBe(403);
    expect((await present(await issuer.token({ sub: 'eve' }))).status).toBe(403);
    expect((await present(await issuer.token({ sub: 'ana' }))).status).toBe(200);
    expect((await backend.caller.post('/principals/oidc:eve/restore')).status).toBe(202);
    expect((await present(token)).status).toBe(200);
  });

  describe('that is bound to a key (DPoP)', () => {
    let prover: Prover;
    let token: string;
    beforeAll(async () => {
      prover = await Prover.make();
      token = await issuer.token({ cnf: { jkt: prover.thumbprint } });
    });
    const url = () => `${backend.url}${WHO}`;
    const send = (proof: string | undefined, scheme = 'DPoP') =>
      ask(backend.url, WHO, {
        headers: {
          authorization: `${scheme} ${token}`,
          ...(proof === undefined ? {} : { dpop: proof }),
        },
      });

    it('is taken with a proof, once', async () => {
      const proof = await prover.proof('GET', url(), token);
      expect((await send(proof)).status).toBe(200);
      expect((await send(proof)).json.code).toBe('invalid_token');
      expect((await send(await prover.proof('GET', `${url()}?a=b#c`, token))).status).toBe(200);
    });

    it('is taken with a proof once by all processes of the gateway together', async () => {
      const service = await startService();
      const env = {
        ...issuer.env,
        VX11_BACKEND_URLS: backend.url,
        VX11_MADRE_URL: service.url,
      };
      const gateways = await Promise.all([startGateway(env), startGateway(env)]);
      const statuses: number[] = [];
      const proof = await prover.proof('GET', 'http://gateway.example/madre/x', token);
      const headers = { host: 'gateway.example', authorization: `DPoP ${token}`, dpop: proof };
      for (const { url: process } of [...gateways, ...gateways]) {
        statuses.push((await ask(process, '/madre/x', { headers })).status);
      }
      expect(statuses).toEqual([200, 403, 403, 403]);
      await Promise.all(gateways.map((gateway) => gateway.close()));
      await service.close();
    });

    it('is refused as Bearer, with a proof or without', async () => {
      expect((await send(await prover.proof('GET', url(), token), 'Bearer')).status).toBe(403);
      expect((await send(undefined, 'Bearer')).status).toBe(403);
      expect((await send(undefined)).status).toBe(403);
    });

    it.each<[string, () => Promise<string>]>([
      ['for another method', () => prover.proof('POST', url(), token)],
      ['for another path', () => prover.proof('GET', `${backend.url}/other`, token)],
      ['for another host', () => prover.proof('GET', `http://evil.example${WHO}`, token)],
      ['for another token', async () => prover.proof('GET', url(), await issuer.token())],
      ['for no token', () => prover.proof('GET', url(), undefined)],
      ['that is old', () => prover.proof('GET', url(), token, { iat: now() - 600 })],
      ['from the future', () => prover.proof('GET', url(), token, { iat: now() + 600 })],
      ['without an id', () => prover.proof('GET', url(), token, { jti: '' })],
      ['of another type', () => prover.proof('GET', url(), token, {}, { typ: 'JWT' })],
      ['of another key', async () => (await Prover.make()).proof('GET', url(), token)],
      ['that is text', async () => 'proof'],
      [
        'with the private key in it',
        async () => {
          const key = await newKey('x');
          const { exportJWK } = await import('jose');
          const jwk = (await exportJWK(key.privateKey)) as JWK;
          return new SignJWT({ jti: 'j', htm: 'GET', htu: url(), iat: now() })
            .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
            .sign(key.privateKey);
        },
      ],
    ])('is refused with a proof %s', async (_, make) => {
      expect((await send(await make())).json.code).toBe('invalid_token');
    });

    it('is the only kind that is taken where it is required', async () => {
      const strict = await startBackend({ ...issuer.env, VX11_OIDC_DPOP: 'require' });
      const plain = await ask(strict.url, WHO, {
        headers: { authorization: `Bearer ${await issuer.token()}` },
      });
      expect(plain.json.code).toBe('invalid_token');
      const proof = await prover.proof('GET', `${strict.url}${WHO}`, token);
      const bound = await ask(strict.url, WHO, {
        headers: { authorization: `DPoP ${token}`, dpop: proof },
      });
      expect(bound.status).toBe(200);
      await strict.close();
    });
  });
});

describe('an issuer of another shape', () => {
  async function withIssuer(
    path: string,
    claim: (issuer: TestIssuer, who: (token: string) => Promise<Answer>) => Promise<void>,
  ): Promise<void> {
    const issuer = await TestIssuer.start(path);
    const backend = await startBackend(issuer.env);
    const who = (token: string) =>
      ask(backend.url, WHO, { headers: { authorization: `Bearer ${token}` } });
    try {
      await claim(issuer, who);
    } finally {
      await backend.close();
      await issuer.stop();
    }
  }

  it('may sign with RSA, RSA-PSS, an elliptic curve or Ed25519, and with nothing that is not configured', () =>
    withIssuer('', async (issuer, who) => {
      const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'ES384', 'RS512'];
      issuer.keys = await Promise.all(algorithms.map((alg) => newKey(`key-${alg}`, alg)));
      const answers = [];
      for (const key of issuer.keys) {
        const { status } = await who(await issuer.token({}, {}, key));
        answers.push([key.alg, status]);
      }
      expect(answers).toEqual([
        ['RS256', 200],
        ['PS256', 200],
        ['ES256', 200],
        ['EdDSA', 200],
        ['ES384', 403],
        ['RS512', 403],
      ]);
    }));

  it.each(['/realms/shop', '/dex/', '/'])('may have the path %s in its name', (path) =>
    withIssuer(path, async (issuer, who) => {
      expect((await who(await issuer.token())).status).toBe(200);
      // With and without the slash are two names (OpenID Connect Discovery, section 4.3).
      const iss = issuer.url.endsWith('/') ? issuer.url.slice(0, -1) : `${issuer.url}/`;
      expect((await who(await issuer.token({ iss }))).status).toBe(403);
    }),
  );

  it('may publish keys without an id, of which each is tried, and its audience may be a list', () =>
    withIssuer('', async (issuer, who) => {
      const { kid: _, ...publicJwk } = issuer.keys[0]!.publicJwk;
      issuer.keys = [{ ...issuer.keys[0]!, publicJwk }];
      const token = await issuer.token({ aud: ['account', AUDIENCE] }, { kid: undefined as never });
      expect((await who(token)).status).toBe(200);
      expect((await who(await issuer.token({ aud: ['account'] }))).status).toBe(403);
    }));

  it('may publish several keys without an id; a token is tried with eight of them at most', () =>
    withIssuer('', async (issuer, who) => {
      const withoutId = async () => {
        const key = await newKey('unused');
        const { kid: _, ...publicJwk } = key.publicJwk;
        return { ...key, publicJwk };
      };
      issuer.keys = await Promise.all(Array.from({ length: 9 }, withoutId));
      const statusOf = async (at: number) =>
        (await who(await issuer.token({}, { kid: undefined as never }, issuer.keys[at]))).status;
      expect([await statusOf(0), await statusOf(7), await statusOf(8)]).toEqual([200, 200, 403]);
      const stranger = await newKey('stranger');
      const forged = await issuer.token({}, { kid: undefined as never }, stranger);
      expect((await who(forged)).status).toBe(403);
    }));

  it('that publishes 3,000 keys is read once, and the token of the last key is taken', () =>
    withIssuer('', async (issuer, who) => {
      const [first] = issuer.keys;
      issuer.keys = Array.from({ length: 3_000 }, (_, n) => ({
        ...first!,
        kid: `k-${n}`,
        publicJwk: { ...first!.publicJwk, kid: `k-${n}` },
      }));
      const tokens = await Promise.all(
        [0, 1_500, 2_999].map((at) => issuer.token({}, {}, issuer.keys[at])),
      );
      const answers = await Promise.all(tokens.map(who));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(issuer.reads).toBe(1);
    }));

  it('that stops in the middle of its answer costs its own users a 503, and nobody else anything', () =>
    withIssuer('', async (issuer, who) => {
      issuer.hangs = true;
      const owner = await issuer.token();
      const waiting = [who(owner), who(await issuer.token({ sub: 'ben' }))];
      await until(() => Promise.resolve(issuer.reads > 0));
      // Opaque credentials are checked meanwhile.
      const stranger = await who('no-token-of-anybody');
      expect(stranger.status).toBe(403);
      const answers = await Promise.all(waiting);
      expect(answers.map(({ json }) => json.code)).toEqual([
        'issuer_unavailable',
        'issuer_unavailable',
      ]);
      expect(issuer.reads).toBe(1);
    }));

  it('is not asked again and again by a flood of unknown key ids, and its users notice nothing', () =>
    withIssuer('', async (issuer, who) => {
      expect((await who(await issuer.token())).status).toBe(200);
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, n) => who(await issuer.token({}, { kid: `k-${n}` }))),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
      expect((await who(await issuer.token())).status).toBe(200);
      expect(issuer.reads).toBeLessThanOrEqual(2);
    }));
});

describe('claims that the configuration gives a meaning', () => {
  it('make scopes and a filter, and no filter is no principal', async () => {
    const issuer = await TestIssuer.start();
    const backend = await startBackend({
      ...issuer.env,
      VX11_OIDC_SCOPES_CLAIM: 'realm_access.roles',
      VX11_OIDC_SCOPE_MAP:
        'vx11-admin=streams:admin,vx11-admin=events:read,vx11-reader=events:read',
      VX11_OIDC_FILTER_CLAIM: 'vx11_filter',
      VX11_OIDC_PRINCIPAL_CLAIM: 'https://vx11/id',
      VX11_OIDC_TOKEN_TYPES: 'JWT',
    });
    const who = async (claims: object) => {
      const token = await issuer.token({ 'https://vx11/id': 'u1', ...claims }, { typ: 'JWT' });
      return ask(backend.url, WHO, { headers: { authorization: `Bearer ${token}` } });
    };
    const roles = (...names: string[]) => ({ realm_access: { roles: names } });
    const filter = { vx11_filter: { module: ['shop'] } };
    expect((await who({ ...roles('vx11-admin', 'other'), ...filter })).json).toMatchObject({
      principal_id: 'oidc:u1',
      scopes: ['events:read', 'streams:admin'],
      filter: { module: ['shop'] },
    });
    const asText = { vx11_filter: '{"severity":["error"]}' };
    expect((await who({ ...roles('vx11-reader'), ...asText })).json).toMatchObject({
      scopes: ['events:read'],
      filter: { severity: ['error'] },
    });
    for (const vx11_filter of [
      undefined,
      null,
      {},
      '',
      'null',
      '{',
      { module: [] },
      { root: ['x'] },
    ]) {
      const refused = await who({ ...roles('vx11-admin'), vx11_filter });
      expect([vx11_filter, refused.json.code]).toEqual([vx11_filter, 'invalid_token']);
    }
    // The scopes are those of the map alone.
    expect((await who({ ...filter, scope: 'streams:admin' })).json.scopes).toEqual([]);
    await backend.close();
    await issuer.stop();
  });
});

itLeaksNoToken();
