import { Caller } from '../support/caller.js';
import { withBackend } from '../support/fixtures.js';
import { itLeaksNoToken } from '../support/secrets.js';

const REPLAYED = 'vx11.security.token_replayed';

describe('an ephemeral token used again inside its 60 seconds', () => {
  const { backend, caller } = withBackend({ VX11_TRUSTED_PROXIES: 'loopback' });
  /** The same principal in another browser. */
  let other: Caller;

  beforeAll(async () => {
    other = new Caller(backend.url, backend.token, 'another-client/2.0');
  });

  const reused = () => caller.metric('vx11_operator_ephemeral_tokens_reused_total');

  async function openOnce(by: Caller, token: string, headers: Record<string, string> = {}) {
    const reader = await by.stream({ token, headers });
    if (reader.status !== 200) return reader.refusal();
    await reader.named('snapshot');
    await reader.close();
    return { status: 200, code: '' };
  }

  it('lets the client that used it first in again, and counts each use as reused', async () => {
    const token = await caller.issue();
    const before = await reused();
    expect((await openOnce(caller, token)).status).toBe(200);
    expect(await reused()).toBe(before);
    expect((await openOnce(caller, token)).status).toBe(200);
    expect((await openOnce(caller, token)).status).toBe(200);
    expect(await reused()).toBe(before + 2);
  });

  it('refuses another User-Agent with 403 token_replayed, counts it, and the watching operators see it', async () => {
    const watcher = await caller.stream({ query: `&type=${REPLAYED}` });
    await watcher.named('snapshot');
    const token = await caller.issue();
    await openOnce(caller, token);
    const name = 'vx11_operator_ephemeral_tokens_invalid_total';
    const before = await caller.metric(name, { reason: 'replayed' });
    expect(await openOnce(other, token)).toEqual({ status: 403, code: 'token_replayed' });
    expect(await caller.metric(name, { reason: 'replayed' })).toBe(before + 1);
    const { data } = await watcher.ofType(REPLAYED);
    expect(data).toMatchObject({
      severity: 'critical',
      data: { principal_id: 'operator', address: '127.0.0.1', user_agent: 'another-client/2.0' },
    });
    expect(backend.log.join('')).toContain('"action":"token.replayed"');
    await watcher.close();
  });

  it('still serves the rightful client after somebody else was refused', async () => {
    const token = await caller.issue();
    await openOnce(caller, token);
    await openOnce(other, token);
    expect((await openOnce(caller, token)).status).toBe(200);
  });

  it('is refused from another address, as a trusted proxy tells it', async () => {
    const token = await caller.issue();
    await openOnce(caller, token, { 'x-forwarded-for': '192.0.2.1' });
    expect(await openOnce(caller, token, { 'x-forwarded-for': '192.0.2.2' })).toMatchObject({
      code: 'token_replayed',
    });
    expect((await openOnce(caller, token, { 'x-forwarded-for': '192.0.2.1' })).status).toBe(200);
  });

  it('cannot be won by guessing the address: the last hop that is not trusted counts', async () => {
    const token = await caller.issue();
    await openOnce(caller, token, { 'x-forwarded-for': '192.0.2.1' });
    const forged = { 'x-forwarded-for': '192.0.2.1, 192.0.2.66' };
    expect(await openOnce(caller, token, forged)).toMatchObject({ code: 'token_replayed' });
  });

  it('of many clients that use it at the same time, lets in one', async () => {
    const token = await caller.issue();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        openOnce(new Caller(backend.url, backend.token, `racer/${index}`), token),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'token_replayed')).toHaveLength(19);
  });
});

describe.each([
  ['allow', 200, 200],
  ['deny', 403, 403],
])('VX11_SSE_TOKEN_REUSE=%s', (mode, sameClient, otherClient) => {
  const { backend } = withBackend({ VX11_SSE_TOKEN_REUSE: mode });

  it(`answers ${sameClient} to the same client and ${otherClient} to another`, async () => {
    const { caller, url, token: principal } = backend;
    const token = await caller.issue();
    const statuses = [];
    for (const by of [caller, caller, new Caller(url, principal, 'another-client/2.0')]) {
      const reader = await by.stream({ token });
      statuses.push(reader.status);
      await reader.close();
    }
    expect(statuses).toEqual([200, sameClient, otherClient]);
  });
});

describe('X-Forwarded-For from a peer that is not trusted', () => {
  const { backend } = withBackend({ VX11_TRUSTED_PROXIES: '203.0.113.1' });

  it('does not matter: the same client is the same whatever it claims', async () => {
    const { caller } = backend;
    const token = await caller.issue();
    for (const address of ['192.0.2.1', '192.0.2.2']) {
      const reader = await caller.stream({ token, headers: { 'x-forwarded-for': address } });
      expect(reader.status).toBe(200);
      const { streams } = (await caller.api('/streams')).json;
      expect(streams).toContainEqual(expect.objectContaining({ address: '127.0.0.1' }));
      expect(JSON.stringify(streams)).not.toContain(address);
      await reader.close();
    }
  });
});

itLeaksNoToken();
