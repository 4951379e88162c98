import { withBackend } from '../support/fixtures.js';
import { randomUUID } from 'node:crypto';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { StreamReader } from '../support/stream-reader.js';

const STREAM = '/operator/api/events/stream';

/** Opens the stream with these credentials and closes it again; what its head says. */
async function knock(url: string, query: string, headers: Record<string, string> = {}) {
  const reader = await StreamReader.open(url, `${STREAM}${query}`, headers);
  if (reader.status !== 200) return { ...(await reader.refusal()), headers: reader.headers };
  await reader.named('snapshot');
  await reader.close();
  return { status: 200, code: undefined, headers: reader.headers };
}

describe('a stream by principal token', () => {
  const { backend, caller } = withBackend();

  const principals = () => caller.metric('vx11_operator_sse_connections_principal_total');

  it.each([
    ['X-VX11-Token', (token: string) => ({ 'x-vx11-token': token })],
    ['Authorization: Bearer', (token: string) => ({ authorization: `Bearer ${token}` })],
  ])('opens by %s, counted as principal, not deprecated', async (_, headers) => {
    const before = await principals();
    const answer = await knock(backend.url, '', headers(backend.token));
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('deprecation');
    expect(await principals()).toBe(before + 1);
  });

  it('opens by ?token= for old clients, counted as principal, with a Deprecation header', async () => {
    const before = await principals();
    const { status, headers } = await knock(backend.url, `?token=${backend.token}`);
    expect(status).toBe(200);
    expect(headers['deprecation']).toMatch(/^@\d+$/);
    expect(await principals()).toBe(before + 1);
  });

  it('takes the header first: a good token in the URL does not replace a wrong one in the header', async () => {
    const wrong = remember('wrong-principal-token-1', 'wrong');
    expect(
      await knock(backend.url, `?token=${await caller.issue()}`, { 'x-vx11-token': wrong }),
    ).toMatchObject({ status: 403, code: 'invalid_token' });
  });

  it('takes X-VX11-Token before Authorization', async () => {
    const headers = { 'x-vx11-token': backend.token, authorization: 'Bearer wrong-token-000' };
    expect((await knock(backend.url, '', headers)).status).toBe(200);
  });

  it('takes an ephemeral token in a header too, counted as ephemeral', async () => {
    const name = 'vx11_operator_sse_connections_ephemeral_total';
    const before = await caller.metric(name);
    const token = await caller.issue();
    expect((await knock(backend.url, '', { authorization: `Bearer ${token}` })).status).toBe(200);
    expect(await caller.metric(name)).toBe(before + 1);
  });

  it.each([
    ['no token', '', {}, 401, 'auth_required'],
    ['an empty ?token=', '?token=', {}, 401, 'auth_required'],
    ['an empty header', '', { 'x-vx11-token': '' }, 401, 'auth_required'],
    ['Basic credentials', '', { authorization: 'Basic dXNlcjpwYXNz' }, 401, 'auth_required'],
    ['a word', '?token=swordfish', {}, 403, 'invalid_token'],
    ['a token that nobody issued', `?token=${randomUUID()}`, {}, 403, 'invalid_token'],
    ['two tokens', `?token=${randomUUID()}&token=${randomUUID()}`, {}, 403, 'invalid_token'],
    ['a token as an object', `?token[a]=${randomUUID()}`, {}, 401, 'auth_required'],
    ['10,000 characters', `?token=${'x'.repeat(10_000)}`, {}, 403, 'invalid_token'],
    ['a wrong principal', '', { 'x-vx11-token': 'wrong-token-00000' }, 403, 'invalid_token'],
    ['control characters', '?token=%00%0d%0a', {}, 403, 'invalid_token'],
  ])('refuses %s', async (_, query, headers, status, code) => {
    expect(await knock(backend.url, query, headers as Record<string, string>)).toMatchObject({
      status,
      code,
    });
  });

  it('refuses an ephemeral token in another spelling', async () => {
    const token = await caller.issue();
    for (const spelling of [token.toUpperCase(), ` ${token}`, token.replaceAll('-', '')]) {
      const query = `?token=${encodeURIComponent(spelling)}`;
      expect(await knock(backend.url, query)).toMatchObject({ status: 403, code: 'invalid_token' });
    }
  });

  it('does not let an ephemeral token do anything but read the stream', async () => {
    const headers = { 'x-vx11-token': await caller.issue() };
    for (const [method, path] of [
      ['POST', '/events/sse-token'],
      ['POST', '/events'],
      ['GET', '/events'],
      ['GET', '/streams'],
    ] as const) {
      const { status, json } = await caller.api(path, { method, headers });
      expect([status, json.code]).toEqual([403, 'invalid_token']);
    }
  });
});

describe.each([
  ['header', 200, 403],
  ['off', 403, 403],
])('VX11_SSE_PRINCIPAL_FALLBACK=%s', (fallback, byHeader, byQuery) => {
  const { backend } = withBackend({ VX11_SSE_PRINCIPAL_FALLBACK: fallback });

  it(`answers ${byHeader} to a principal token in a header`, async () => {
    const headers = { 'x-vx11-token': backend.token };
    expect((await knock(backend.url, '', headers)).status).toBe(byHeader);
  });

  it(`answers ${byQuery} invalid_token to a principal token in the URL`, async () => {
    expect(await knock(backend.url, `?token=${backend.token}`)).toMatchObject({
      status: byQuery,
      code: 'invalid_token',
    });
  });

  it('still opens with an ephemeral token', async () => {
    const query = `?token=${await backend.caller.issue()}`;
    expect((await knock(backend.url, query)).status).toBe(200);
  });
});

itLeaksNoToken();
