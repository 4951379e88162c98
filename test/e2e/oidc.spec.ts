/**
 * Access tokens of a real OpenID server, on operator-backend and at the gateway.
 * `npm run test:oidc` runs this file with two different ones.
 */
import { startBackend, type TestBackend } from '../support/backend.js';
import { Caller } from '../support/caller.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { eventually } from '../support/eventually.js';
import { ask } from '../support/http.js';
import { Prover } from '../support/oidc/issuer.js';
import type { OpenIdServer } from '../support/oidc/openid-server.js';
import { startOpenIdServer } from '../support/oidc/start-server.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { startService, type Service } from '../support/service.js';
import { Browser } from '../support/session.js';
import { until } from '../support/until.js';

/** Enough for a slow machine to begin with a token what ends with it. */
const TTL_SEC = 8;
/** Keycloak may need a minute to start. */
jest.setTimeout(180_000);

const WHO = '/operator/api/session';

describe('an access token of a real OpenID server', () => {
  let provider: OpenIdServer;
  let backend: TestBackend;
  let gateway: TestGateway;
  let neighbour: Service;

  beforeAll(async () => {
    provider = await startOpenIdServer({ accessTtlSec: TTL_SEC });
    backend = await startBackend(provider.settings);
    neighbour = await startService();
    gateway = await startGateway({
      ...provider.settings,
      VX11_BACKEND_URLS: backend.url,
      VX11_MADRE_URL: neighbour.url,
    });
  });
  afterAll(async () => {
    await gateway.close();
    await neighbour.close();
    await backend.close();
    await provider.stop();
  });

  const token = async (scope = 'events:read', proof?: string) =>
    remember(await provider.token(scope, proof), 'access');
  const bearer = (value: string) => ({ headers: { authorization: `Bearer ${value}` } });

  it('is a principal with its scopes, here and at the gateway', async () => {
    const own = await token('events:read events:publish');
    expect((await ask(backend.url, WHO, bearer(own))).json).toMatchObject({
      principal_id: `oidc:${provider.machine}`,
      scopes: ['events:read', 'events:publish'],
    });
    expect((await ask(gateway.url, '/madre/hello', bearer(own))).status).toBe(200);
    expect(neighbour.received.at(-1)?.headers['x-vx11-principal']).toBe(`oidc:${provider.machine}`);
    expect(neighbour.received.at(-1)?.headers.authorization).toBeUndefined();
    expect((await ask(backend.url, '/operator/api/streams', bearer(own))).json.code).toBe(
      'insufficient_scope',
    );
  });

  it('opens a stream and begins a session, which end when it does', async () => {
    const by = new Caller(backend.url, await token());
    const answer = await ask(backend.url, '/operator/api/events/sse-token', {
      method: 'POST',
      issuing: true,
      headers: { authorization: `Bearer ${by.token}` },
    });
    const ephemeral = remember(answer.json.sse_token as string, 'ephemeral');
    const stream = await by.stream({ token: ephemeral });
    const browser = new Browser(backend.url);
    const { json } = await browser.signIn(by.token);
    expect(json.expires_in_sec).toBeLessThanOrEqual(TTL_SEC);
    expect(Date.parse(json.session.expires_at)).toBeLessThanOrEqual(Date.now() + TTL_SEC * 1000);
    expect((await stream.named('goodbye')).data.reason).toBe('expired');
    const refused = await eventually(
      () => browser.refresh(),
      ({ status }) => status !== 200,
    );
    expect([refused.status, refused.json.code]).toEqual([403, 'invalid_token']);
  });

  it('is refused everywhere when its principal is disabled', async () => {
    const id = `oidc:${provider.machine}`;
    await backend.caller.post(`/principals/${id}/disable`);
    await until(
      async () => (await ask(gateway.url, '/madre/hello', bearer(await token()))).status === 403,
    );
    expect((await ask(backend.url, WHO, bearer(await token()))).status).toBe(403);
    await backend.caller.post(`/principals/${id}/restore`);
    expect((await ask(backend.url, WHO, bearer(await token()))).status).toBe(200);
  });

  it('that is bound to a key needs its proof (DPoP)', async () => {
    const prover = await Prover.make();
    const own = await token(
      'events:read',
      await prover.proof('POST', provider.tokenEndpoint, undefined),
    );
    expect((await ask(backend.url, WHO, bearer(own))).status).toBe(403);
    const proof = await prover.proof('GET', backend.url + WHO, own);
    const headers = { authorization: `DPoP ${own}`, dpop: proof };
    expect((await ask(backend.url, WHO, { headers })).status).toBe(200);
  });

  it('is taken after the provider has changed its keys', async () => {
    // A start of its own: one look for unknown keys every 30 seconds is all that a service does.
    const fresh = await startBackend(provider.settings);
    expect((await ask(fresh.url, WHO, bearer(await token()))).status).toBe(200);
    await fresh.close();
    await provider.rotateKeys();
    const again = await startBackend(provider.settings);
    expect((await ask(again.url, WHO, bearer(await token()))).status).toBe(200);
    await again.close();
  });

  it('is taken while the provider is away, by its known keys; without any, 503 says so', async () => {
    const knowing = await startBackend(provider.settings);
    const own = await token();
    expect((await ask(knowing.url, WHO, bearer(own))).status).toBe(200);
    await provider.stop();
    expect((await ask(knowing.url, WHO, bearer(own))).status).toBe(200);
    const fresh = await startBackend(provider.settings);
    expect((await ask(fresh.url, WHO, bearer(own))).json.code).toBe('issuer_unavailable');
    // Nobody else is concerned.
    expect((await fresh.caller.api('/session')).status).toBe(200);
    provider = await provider.back();
    await until(async () => (await ask(fresh.url, WHO, bearer(await token()))).status === 200);
    await fresh.close();
    await knowing.close();
  });
});

itLeaksNoToken();
