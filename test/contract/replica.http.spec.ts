import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  PRINCIPAL_RECORDS,
  type PrincipalRecord,
} from '../../src/auth/principals/principal-record.js';
import { BackendFeeds, FollowedReplica } from '../../src/auth/replicas/replica.http.js';
import type { Replica } from '../../src/auth/replicas/replica.js';
import { REVOCATIONS } from '../../src/auth/revocation.js';
import { Revocations } from '../../src/auth/revocations.js';
import { sha256 } from '../../src/kernel/ids.js';
import { ManualClock } from '../support/manual-clock.js';
import { quiet } from '../support/redis-under-test.js';
import { until } from '../support/until.js';

const GRACE_MS = 60_000;
const hash = sha256('a token of ana');
const entry = (revoked: boolean, at: number) => ({
  credentialHash: hash,
  principalId: 'ana',
  revoked,
  at,
});
const UNKNOWN = expect.objectContaining({ code: 'revocations_unknown', status: 503 });

/** A backend whose feed the test writes. */
class Backend {
  readonly followers = new Set<ServerResponse>();
  private constructor(private readonly server: Server) {
    server.on('request', (_req, res: ServerResponse) => {
      this.asked += 1;
      if (this.status !== 200) return void res.writeHead(this.status).end();
      this.followers.add(res);
      res.once('close', () => this.followers.delete(res));
      if (this.first !== undefined) res.write(this.first);
    });
  }
  status = 200;
  asked = 0;
  first: string | undefined = '[]\n';

  static async start(): Promise<Backend> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Backend(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  send(text: string): void {
    for (const res of this.followers) res.write(text);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

describe('Replicas that follow a feed over HTTP', () => {
  let backends: Backend[];
  let clock: ManualClock;
  let feeds: BackendFeeds;
  let gateway: Revocations;
  let records: Replica<PrincipalRecord>;

  beforeEach(async () => {
    backends = [await Backend.start(), await Backend.start()];
    clock = new ManualClock();
    feeds = new BackendFeeds(
      { urls: backends.map(({ url }) => url), graceMs: GRACE_MS, headers: () => ({}) },
      clock,
      quiet,
    );
    gateway = new Revocations(new FollowedReplica(REVOCATIONS, feeds));
    records = new FollowedReplica(PRINCIPAL_RECORDS, feeds);
  });
  afterEach(async () => {
    feeds.stop();
    await Promise.all(backends.map((backend) => backend.stop()));
  });

  /** Starts it, and waits for the first feed. */
  async function follow(): Promise<void> {
    await feeds.start();
    await until(async () => isKnown());
  }

  function isKnown(): boolean {
    try {
      gateway.has(hash);
      return true;
    } catch {
      return false;
    }
  }

  it('admits nobody before the first feed has answered', () => {
    expect(() => gateway.has(hash)).toThrow(UNKNOWN);
  });

  it('knows at its start what is revoked', async () => {
    backends[1]!.first = `${JSON.stringify([entry(true, 1)])}\n`;
    await follow();
    await until(async () => gateway.has(hash));
    expect(gateway.entries()).toEqual([entry(true, 1)]);
  });

  it('takes over decisions from whichever instance reports them first, restores included', async () => {
    await follow();
    await until(async () => backends.every(({ followers }) => followers.size === 1));
    const reported = new Promise((resolve) => gateway.revoked.subscribe(resolve));
    expect(gateway.has(hash)).toBe(false);
    backends[0]!.send(`${JSON.stringify([entry(true, 5)])}\n`);
    await expect(reported).resolves.toBe('ana');
    expect(gateway.has(hash)).toBe(true);
    // The other instance lags behind: an older state changes nothing.
    backends[1]!.send(`${JSON.stringify([entry(false, 4)])}\n`);
    backends[1]!.send(`${JSON.stringify([entry(false, 6)])}\n`);
    await until(async () => !gateway.has(hash));
  });

  it('trusts the last state for the grace period when every feed is away, then admits nobody', async () => {
    backends[0]!.first = `${JSON.stringify([entry(true, 1)])}\n`;
    await follow();
    await until(async () => gateway.has(hash));
    for (const backend of backends) backend.status = 503;
    for (const { followers } of backends) for (const res of followers) res.destroy();
    clock.advance(GRACE_MS);
    expect(gateway.has(hash)).toBe(true);
    expect(gateway.has(sha256('another'))).toBe(false);
    clock.advance(1);
    expect(() => gateway.has(sha256('another'))).toThrow(UNKNOWN);
    backends[1]!.status = 200;
    await until(async () => isKnown());
    expect(gateway.has(hash)).toBe(true);
  });

  it.each([
    ['no JSON', 'nonsense\n'],
    ['no list', '{"a":1}\n'],
  ])('a feed with %s counts as away', async (_, text) => {
    for (const backend of backends) backend.first = text;
    await feeds.start();
    expect(() => gateway.has(hash)).toThrow(UNKNOWN);
  });

  it('a feed that refuses the gateway counts as away', async () => {
    for (const backend of backends) backend.status = 403;
    await feeds.start();
    expect(() => gateway.has(hash)).toThrow(UNKNOWN);
  });

  it('asks one that refuses its signature less often than one that is away', async () => {
    backends[0]!.status = 401;
    backends[1]!.status = 503;
    await feeds.start();
    await until(async () => backends[1]!.asked >= 5);
    expect(backends[0]!.asked).toBe(1);
  });

  it('ignores entries that are malformed, and keeps the others', async () => {
    backends[0]!.first = `${JSON.stringify([null, { credentialHash: 7 }, entry(true, 1)])}\n`;
    await follow();
    await until(async () => gateway.has(hash));
    expect(gateway.entries()).toEqual([entry(true, 1)]);
  });

  it('makes no decisions', async () => {
    await expect(gateway.add('ana', [hash])).rejects.toThrow('does not change revocations');
    await expect(gateway.restore('ana', [hash])).rejects.toThrow('does not change revocations');
  });

  it('follows each list by its name, and takes a list alone for the revocations', async () => {
    const principal = { id: 'ana', at: 3, disabled: true };
    const lists = { revocations: [entry(true, 1)], principals: [principal] };
    backends[0]!.first = `${JSON.stringify(lists)}\n`;
    await follow();
    await until(async () => records.get('ana') !== undefined);
    expect(records.get('ana')).toEqual(principal);
    expect(gateway.has(hash)).toBe(true);
    backends[0]!.send(
      `${JSON.stringify({ principals: [{ ...principal, at: 4, disabled: false }] })}\n`,
    );
    await until(async () => records.get('ana')?.disabled === false);
    expect(gateway.has(hash)).toBe(true);
    expect(records.entries()).toHaveLength(1);
  });

  it('knows no principal before the first feed has answered', () => {
    expect(() => records.get('ana')).toThrow(UNKNOWN);
    expect(() => records.requireKnown()).toThrow(UNKNOWN);
  });
});
