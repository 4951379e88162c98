/**
 * What two requests at the same moment must not win.
 * @needs redis-server
 */
import { newPrincipalToken, startBackend, type TestBackend } from '../support/backend.js';
import { Caller } from '../support/caller.js';
import { RedisUnderTest } from '../support/redis-under-test.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { Browser } from '../support/session.js';
import { until } from '../support/until.js';

const ROUNDS = 10;

describe('requests at the same moment on two instances', () => {
  let redis: RedisUnderTest;
  let both: TestBackend[];
  const principal = remember(newPrincipalToken(), 'principal');

  beforeAll(async () => {
    redis = await RedisUnderTest.start('standalone');
    const env = { ...redis.env, VX11_GATEWAY_TOKEN: principal };
    both = [await startBackend(env), await startBackend(env)];
  });
  afterAll(async () => {
    await Promise.all(both.map((one) => one.close()));
    await redis.stop();
  });

  const admin = (at: number) => both[at % 2]!.caller;
  const making = (at: number, path: string, body: object) =>
    admin(at).api(path, { method: 'POST', body, issuing: true });
  const statusOf = async (at: number, token: string) =>
    (await new Caller(both[at % 2]!.url, token).api('/session')).status;

  it('a session that is refreshed while its principal is revoked stays ended, and after restore too', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const browser = new Browser(both[0]!.url);
      expect((await browser.signIn(principal)).status).toBe(200);
      const first = browser.accessToken;
      const elsewhere = browser.copy();
      await Promise.all([elsewhere.refresh(), admin(round).post('/principals/gateway/revoke')]);
      for (const token of [first, elsewhere.accessToken]) {
        await until(async () => (await statusOf(0, token)) === 403);
        await until(async () => (await statusOf(1, token)) === 403);
      }
      await admin(round + 1).post('/principals/gateway/restore');
      await until(async () => (await statusOf(0, principal)) === 200);
      await until(async () => (await statusOf(1, principal)) === 200);
      expect(await statusOf(0, elsewhere.accessToken)).toBe(403);
    }
  });

  it('of a theft and a sign-out, neither leaves a token that works', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const browser = new Browser(both[0]!.url);
      await browser.signIn(principal);
      const thief = browser.copy();
      const other = new Browser(both[1]!.url);
      other.cookie = thief.cookie;
      await Promise.all([other.refresh(), browser.signOut()]);
      for (const token of [browser.accessToken, other.accessToken].filter(Boolean)) {
        expect([await statusOf(0, token), await statusOf(1, token)]).toEqual([403, 403]);
      }
      expect((await other.refresh()).status).not.toBe(200);
    }
  });

  it('a principal that is changed while it is disabled stays disabled', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = `racer-${round}`;
      const { json } = await making(0, '/principals', { id, scopes: ['events:read'] });
      const token = remember(json.token as string, 'principal');
      await until(async () => (await statusOf(1, token)) === 200);
      const acts = await Promise.all([
        admin(round).post(`/principals/${id}/disable`),
        admin(round + 1).api(`/principals/${id}`, { method: 'PATCH', body: { comment: 'a race' } }),
        making(round + 1, `/principals/${id}/rotate`, { grace_sec: 60 }),
      ]);
      expect(acts.map(({ status }) => status < 500)).toEqual([true, true, true]);
      expect(acts[0].status).toBeLessThan(300);
      const rotated = remember((acts[2].json.token as string | undefined) ?? token, 'principal');
      for (const one of [token, rotated]) {
        await until(async () => (await statusOf(0, one)) === 403);
        await until(async () => (await statusOf(1, one)) === 403);
      }
    }
  });

  it('of two rotations that end the old token at once, one new token works, on both instances', async () => {
    const id = 'twice';
    const made = await making(0, '/principals', { id, scopes: ['events:read'] });
    const old = remember(made.json.token as string, 'principal');
    await until(async () => (await statusOf(1, old)) === 200);
    const answers = await Promise.all(
      [0, 1].map((at) => making(at, `/principals/${id}/rotate`, { grace_sec: 0 })),
    );
    const fresh = answers.map(({ json }) => remember(json.token as string, 'principal'));
    await until(async () => (await statusOf(0, old)) === 403 && (await statusOf(1, old)) === 403);
    const working = async () => {
      const seen = await Promise.all(fresh.flatMap((one) => [statusOf(0, one), statusOf(1, one)]));
      return seen.filter((status) => status === 200).length;
    };
    await until(async () => (await working()) === 2);
    expect(await working()).toBe(2);
  });
});

itLeaksNoToken();
