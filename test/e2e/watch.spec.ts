// @needs redis-server
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { newDataDir, newPrincipalToken } from '../support/backend.js';
import { Caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { ask } from '../support/http.js';
import { writePrincipals } from '../support/principals.js';
import type { BackendProcess } from '../support/process.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { TwoInstances } from '../support/two-instances.js';

interface Found {
  readonly data: Record<string, unknown>;
}

/** What each instance sees alone is below every limit. */
describe('suspicious patterns on two instances of one Redis', () => {
  const dataDir = newDataDir();
  const { file, tokens } = writePrincipals(dataDir, [
    { id: 'old-client', scopes: ['events:read'] },
    { id: 'weak', scopes: ['events:publish'] },
  ]);
  let two: TwoInstances;
  /** The instances in turn. */
  const url = (index: number) => (two.both[index % 2] as BackendProcess).url;
  const from = (localAddress: string) => new Agent({ localAddress });

  beforeAll(async () => {
    two = await TwoInstances.start({
      VX11_DATA_DIR: dataDir,
      VX11_PRINCIPALS_FILE: file,
      VX11_WATCH_FAILURES: '10',
      VX11_WATCH_ADMIN_ACTS: '6',
    });
    await eachKnowsTheOther();
  });

  afterAll(async () => {
    await two.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** An instance lists the streams of those that it knows; then one of the two is the leader. */
  async function eachKnowsTheOther(): Promise<void> {
    for (const [here, there] of [two.both, two.both.toReversed()]) {
      const stream = await (here as BackendProcess).caller.stream();
      await (there as BackendProcess).caller.streams(1);
      await stream.close();
      await (there as BackendProcess).caller.streams(0);
    }
  }

  /** All events of the type, once there are so many. */
  async function published(pattern: string, least = 1): Promise<Found[]> {
    const query = `/events?type=vx11.security.${pattern}&limit=50`;
    const caller = two.both[0].caller;
    return eventually(
      async () => (await caller.api(query)).json.events as Found[],
      (events) => events.length >= least,
    );
  }

  it('reports each of them once, with the counts of both', async () => {
    const times = (count: number, act: (index: number) => Promise<unknown>) =>
      Promise.all(Array.from({ length: count }, (_, index) => act(index)));
    // 6 wrong principal tokens and 4 wrong ephemeral ones.
    const guesser = from('127.0.0.9');
    await times(6, (index) =>
      ask(url(index), '/operator/api/events', {
        agent: guesser,
        headers: { 'x-vx11-token': newPrincipalToken() },
      }),
    );
    await times(4, (index) =>
      ask(url(index), `/operator/api/events/stream?token=${randomUUID()}`, { agent: guesser }),
    );
    // 9 elsewhere: one fewer than the limit.
    await times(9, (index) =>
      ask(url(index), '/operator/api/events', {
        agent: from('127.0.0.8'),
        headers: { 'x-vx11-token': newPrincipalToken() },
      }),
    );
    await times(10, (index) => new Caller(url(index), tokens['weak']).api('/events'));
    await times(10, async (index) => {
      const agent = from(`127.0.0.${20 + (index % 5)}`);
      const token = tokens['old-client'];
      await (await new Caller(url(index), token).stream({ token, agent })).close();
    });
    for (const act of ['revoke', 'restore', 'revoke', 'restore', 'revoke', 'restore']) {
      const answer = await two.both[0].caller.post(`/principals/weak/${act}`, {});
      expect(answer.status).toBe(202);
    }
    const administrator = (await two.both[0].caller.api('/session')).json.principal_id as string;
    expect(await published('fallback_addresses')).toMatchObject([
      { data: { principal_id: 'old-client', count: 10, addresses: 5 } },
    ]);
    expect(await published('unusual_administration')).toMatchObject([
      { data: { principal_id: administrator, why: 'many_acts', count: 6 } },
    ]);
    const failed = await published('failed_attempts', 2);
    const byReason = (why: string) => failed.filter(({ data }) => data['why'] === why);
    expect(failed).toHaveLength(2);
    expect(byReason('one_address')).toMatchObject([{ data: { address: '127.0.0.9', count: 10 } }]);
    expect(byReason('missing_scope')).toMatchObject([
      { data: { principal_id: 'weak', count: 10 } },
    ]);
    const counted = await Promise.all(
      two.both.map((one) =>
        one.caller.metric('vx11_operator_suspicious_patterns_total', {
          pattern: 'failed_attempts',
        }),
      ),
    );
    expect(counted.toSorted((one, other) => one - other)).toEqual([0, 2]);
  });

  it('reports an administrator at an address that is new for it', async () => {
    const { json } = await two.both[1].caller.api('/audit?action=principal.revoked');
    expect(json.entries[0].address).toBe('127.0.0.1');
    await two.both[1].caller.api('/principals/weak/revoke', {
      method: 'POST',
      body: {},
      agent: from('127.0.0.77'),
    });
    const found = await published('unusual_administration', 2);
    expect(found.find(({ data }) => data['why'] === 'new_address')).toMatchObject({
      data: { address: '127.0.0.77' },
    });
  });
});

itLeaksNoToken();
