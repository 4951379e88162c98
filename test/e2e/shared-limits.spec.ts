// @needs redis-server
import { rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { newDataDir, newPrincipalToken } from '../support/backend.js';
import { Caller } from '../support/caller.js';
import { ask, type Answer } from '../support/http.js';
import { writePrincipals } from '../support/principals.js';
import type { BackendProcess } from '../support/process.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { until } from '../support/until.js';
import { TwoInstances } from '../support/two-instances.js';

const FAILURES = 20;
const ADMIN = 15;
const PER_SECOND = 5;
const STREAMS = 6;

describe('limits on two instances of one Redis', () => {
  const dataDir = newDataDir();
  const { file, tokens } = writePrincipals(dataDir, [
    { id: 'reader', scopes: ['events:read'] },
    { id: 'other', scopes: ['events:read'] },
    { id: 'publisher', scopes: ['events:publish'] },
    { id: 'admin', scopes: ['streams:admin', 'audit:read'] },
  ]);
  let two: TwoInstances;
  const from = (localAddress: string) => new Agent({ localAddress });
  const as = (index: number, id: keyof typeof tokens) =>
    new Caller((two.both[index % 2] as BackendProcess).url, tokens[id]);

  beforeAll(async () => {
    two = await TwoInstances.start({
      VX11_DATA_DIR: dataDir,
      VX11_PRINCIPALS_FILE: file,
      VX11_FAILURES_PER_ADDRESS: String(FAILURES),
      VX11_ADMIN_RATE_LIMIT: String(ADMIN),
      VX11_OPEN_RATE_LIMIT: '1000',
      VX11_ISSUE_RATE_LIMIT_PER_ADDRESS: String(PER_SECOND),
      VX11_PUBLISH_RATE_LIMIT: String(PER_SECOND),
      VX11_STREAMS_PER_ADDRESS: String(STREAMS),
    });
  });

  afterAll(async () => {
    await two.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const times = (count: number, act: (index: number) => Promise<Answer>): Promise<Answer[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => act(index)));
  const statuses = (answers: readonly Answer[]) =>
    Object.fromEntries(
      Object.entries(Object.groupBy(answers, ({ status }) => status)).map(([status, all]) => [
        status,
        all?.length,
      ]),
    );
  const policies = (answers: readonly Answer[]) => [
    ...new Set(
      answers
        .filter(({ status }) => status === 429)
        .map(({ headers }) => headers['ratelimit-policy']),
    ),
  ];
  const guess = (index: number, agent: Agent) =>
    ask((two.both[index % 2] as BackendProcess).url, '/operator/api/events?limit=1', {
      agent,
      headers: { 'x-vx11-token': newPrincipalToken() },
    });

  it('wrong tokens of one address are counted over both; its valid ones and other addresses are not touched', async () => {
    const agent = from('127.0.0.31');
    const answers = await times(2 * FAILURES, (index) => guess(index, agent));
    expect(statuses(answers)).toEqual({ 403: FAILURES, 429: FAILURES });
    expect((await as(1, 'reader').api('/events?limit=1', { agent })).status).toBe(200);
    expect((await guess(1, from('127.0.0.32'))).status).toBe(403);
  });

  it('requests of one administrator are counted over both', async () => {
    const answers = await times(2 * ADMIN, (index) => as(index, 'admin').api('/streams'));
    expect(statuses(answers)).toEqual({ 200: ADMIN, 429: ADMIN });
    expect(policies(answers)).toEqual([`"admin-principal";q=${ADMIN};w=60`]);
  });

  it.each([
    [
      'tokens issued to one address',
      '"issue-address"',
      (index: number) =>
        as(index, index % 4 < 2 ? 'reader' : 'other').api('/events/sse-token', {
          method: 'POST',
          issuing: true,
          agent: from('127.0.0.33'),
        }),
    ],
    [
      'requests with which one principal publishes',
      '"publish-principal"',
      (index: number) =>
        as(index, 'publisher').post('/events', {
          event_type: 'a.b',
          module: 'm',
          severity: 'info',
          summary: 's',
        }),
    ],
  ])('%s are counted over both', async (_what, policy, act) => {
    const start = performance.now();
    const answers = await times(60, act);
    const accepted = answers.filter(({ status }) => status !== 429).length;
    // Seconds of the limiter that the requests may have touched.
    const windows = Math.ceil((performance.now() - start) / 1000) + 1;
    expect(accepted).toBeGreaterThanOrEqual(PER_SECOND);
    expect(accepted).toBeLessThanOrEqual(PER_SECOND * windows);
    expect(policies(answers)).toEqual([`${policy};q=${PER_SECOND};w=1`]);
  });

  it('open streams of one address are counted over both instances and all principals', async () => {
    const agent = from('127.0.0.34');
    const open = async (index: number) => {
      const token = tokens[index % 4 < 2 ? 'reader' : 'other'];
      const query = { token, agent };
      return new Caller((two.both[index % 2] as BackendProcess).url, token).stream(query);
    };
    const streams = [];
    for (let index = 0; index < STREAMS; index += 1) {
      const stream = await open(index);
      expect(stream.status).toBe(200);
      streams.push(stream);
    }
    for (const index of [0, 1]) {
      await until(async () => {
        const next = await open(index);
        if (next.status === 429) return (await next.refusal()).code === 'too_many_streams';
        await next.close();
        return false;
      });
    }
    const elsewhere = await as(0, 'reader').stream({ token: tokens['reader'] });
    expect(elsewhere.status).toBe(200);
    await Promise.all([...streams, elsewhere].map((stream) => stream.close()));
    await until(async () => {
      const next = await open(1);
      await next.close();
      return next.status === 200;
    });
  });

  it('while Redis is away each counts for itself, and nothing is let through without a count', async () => {
    two.redis.cut();
    const agent = from('127.0.0.35');
    for (const index of [0, 1]) {
      const answers = await times(FAILURES + 5, () => guess(index, agent));
      expect(statuses(answers)).toEqual({ 403: FAILURES, 429: 5 });
    }
  });
});

itLeaksNoToken();
