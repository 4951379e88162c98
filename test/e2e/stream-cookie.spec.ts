import { startBackend, type TestBackend } from '../support/backend.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { Caller } from '../support/caller.js';
import { ask } from '../support/http.js';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36';
const PAGE = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' };

describe('a token that a page of the same origin requests', () => {
  let backend: TestBackend;
  let browser: Caller;
  beforeAll(async () => {
    // A proxy on this machine says which protocol and address the browser used.
    backend = await startBackend({ VX11_TRUSTED_PROXIES: 'loopback' });
    browser = new Caller(backend.url, backend.token, BROWSER);
  });
  afterAll(() => backend.close());

  async function issue(headers: Record<string, string> = {}, by = browser) {
    const answer = await by.api('/events/sse-token', { method: 'POST', issuing: true, headers });
    const token = remember(answer.json.sse_token as string, 'ephemeral');
    const [set] = answer.headers['set-cookie'] ?? [];
    return { token, set, cookie: set?.split(';', 1)[0] ?? '' };
  }

  async function open(token: string, headers: Record<string, string> = {}, by = browser) {
    const reader = await by.stream({ token, headers });
    if (reader.status !== 200) return (await reader.refusal()).code;
    await reader.named('snapshot');
    await reader.close();
    return 200;
  }

  it('comes with an HttpOnly, Secure, SameSite=Strict cookie', async () => {
    const { set } = await issue(PAGE);
    expect(set).toMatch(
      /^vx11-stream-[\w-]{6}=[\w-]{43}; Max-Age=3600; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
    const https = await issue({ ...PAGE, 'x-forwarded-proto': 'https' });
    expect(https.set).toMatch(/^__Host-vx11-stream-/);
  });

  it('is refused as replayed without that cookie, also at its first use and for the same client', async () => {
    const { token, cookie } = await issue(PAGE);
    const other = await issue(PAGE);
    expect(await open(token)).toBe('token_replayed');
    expect(await open(token, { cookie: other.cookie })).toBe('token_replayed');
    expect(await open(token, { cookie: `${cookie}x` })).toBe('token_replayed');
    expect(await open(token, { cookie })).toBe(200);
    expect(await open(token)).toBe('token_replayed');
    expect(await open(token, { cookie: `theme=dark; ${other.cookie}; ${cookie}` })).toBe(200);
  });

  it('keeps working when the browser moves to another address', async () => {
    const { token, cookie } = await issue(PAGE);
    expect(await open(token, { cookie, 'x-forwarded-for': '192.0.2.1' })).toBe(200);
    expect(await open(token, { cookie, 'x-forwarded-for': '192.0.2.2' })).toBe(200);
  });

  it('shares the cookie with every later token of the browser', async () => {
    const { cookie } = await issue(PAGE);
    const second = await issue({ ...PAGE, cookie });
    expect(second.cookie).toBe(cookie);
    expect(await open(second.token, { cookie })).toBe(200);
  });

  it('is never bound over HTTPS to a cookie that another host of the site can set', async () => {
    const https = { ...PAGE, 'x-forwarded-proto': 'https' };
    const set = `vx11-stream-evil00=${'A'.repeat(43)}`;
    const { token, cookie } = await issue({ ...https, cookie: set });
    expect(cookie).toMatch(/^__Host-/);
    expect(await open(token, { cookie: set })).toBe('token_replayed');
    const second = await issue({ ...https, cookie: `${set}; ${cookie}` });
    expect(second.cookie).toBe(cookie);
    expect(await open(second.token, { cookie: `${set}; ${cookie}` })).toBe(200);
  });

  it('works in both tabs when two of them request their first tokens at once', async () => {
    const [one, two] = await Promise.all([issue(PAGE), issue(PAGE)]);
    const cookie = `${one.cookie}; ${two.cookie}`;
    expect(new Set([one, two].map((each) => each.cookie.split('=')[0])).size).toBe(2);
    expect([await open(one.token, { cookie }), await open(two.token, { cookie })]).toEqual([
      200, 200,
    ]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['curl', {}, 'curl/8'],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }, BROWSER],
    ['a page of another origin', { 'sec-fetch-site': 'same-site' }, BROWSER],
    ['Safari over plain HTTP', PAGE, 'Mozilla/5.0 AppleWebKit/605 Version/18 Safari/605'],
  ])('is bound by address and User-Agent for %s, with no cookie', async (_, headers, agent) => {
    const by = new Caller(backend.url, backend.token, agent);
    const { token, set } = await issue(headers, by);
    expect(set).toBeUndefined();
    expect(await open(token, {}, by)).toBe(200);
    expect(await open(token, {}, by)).toBe(200);
    expect(await open(token, {}, new Caller(backend.url, backend.token, 'another'))).toBe(
      'token_replayed',
    );
  });

  it('hands out a cookie that is no credential anywhere', async () => {
    const { cookie } = await issue(PAGE);
    for (const [method, path] of [
      ['POST', '/events/sse-token'],
      ['POST', '/events/sse-token/revoke'],
      ['GET', '/events'],
      ['GET', '/events/stream'],
      ['POST', '/events'],
      ['GET', '/streams'],
      ['POST', '/principals/operator/revoke'],
      ['POST', '/principals/operator/restore'],
    ] as const) {
      const headers = { ...PAGE, cookie, 'user-agent': BROWSER };
      const answer = await ask(backend.url, `/operator/api${path}`, { method, headers });
      expect([path, answer.status, answer.json.code]).toEqual([path, 401, 'auth_required']);
    }
  });
});

itLeaksNoToken();
