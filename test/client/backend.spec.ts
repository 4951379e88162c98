import { rmSync } from 'node:fs';
import type { EventsClientOptions } from '../../client/src/types.js';
import {
  newDataDir,
  newPrincipalToken,
  startBackend,
  type TestBackend,
} from '../support/backend.js';
import { event } from '../support/caller.js';
import { startGateway } from '../support/gateway.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { TRANSPORTS } from './support/faults.js';
import { observe, type Observed } from './support/observed-client.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** The system publishes events of its own; these tests are about theirs. */
const filter = { type: ['test.event'] };

let backend: TestBackend;
let way: TcpProxy;
let clients: Observed[];

async function begin(env: Record<string, string> = {}): Promise<void> {
  backend = await startBackend(env);
  way = await TcpProxy.to(backend.url);
}

function watch(options: Partial<EventsClientOptions> = {}): Observed {
  const observed = observe({
    baseUrl: way.url,
    token: backend.token,
    transport: 'fetch',
    filter,
    fetch: rememberingTokens,
    ...options,
  });
  clients.push(observed);
  return observed;
}

/** The ephemeral tokens that the client gets must not come out anywhere either. */
const rememberingTokens: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  if (init?.method === 'POST' && response.ok) {
    const { sse_token } = (await response.clone().json()) as { sse_token: string };
    remember(sse_token, 'ephemeral');
  }
  return response;
};

async function publish(...ids: string[]): Promise<void> {
  await backend.caller.publish(...ids.map((id) => event({ id })));
}

describe('the client', () => {
  beforeEach(() => {
    clients = [];
  });

  afterEach(async () => {
    for (const { client } of clients) client.close();
    await way.close();
    await backend.close();
  });

  describe.each(TRANSPORTS)('on %s', (_, transport) => {
    it('gives a snapshot and then what is live', async () => {
      await begin();
      await publish('a', 'b');
      const one = watch(transport);
      expect(await one.told('snapshot')).toMatchObject({ count: 2 });
      await publish('c');
      await one.events(3);
      expect(one.ids).toEqual(['a', 'b', 'c']);
    });

    it('loses nothing and repeats nothing over a cut, whatever was published meanwhile', async () => {
      await begin();
      await publish('a');
      const one = watch(transport);
      await one.events(1);
      for (const [during, after] of ['bc', 'de', 'fg']) {
        way.breakAll();
        await one.state('reconnecting');
        await publish(during!);
        one.clock.advanceToNextTimer();
        await one.state('live');
        await publish(after!);
      }
      await one.events(7);
      expect(one.ids).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    });

    it('resumes without a hole although its filter matched nothing yet', async () => {
      await begin();
      await backend.caller.publish(event({ type: 'another.type' }));
      const one = watch(transport);
      await one.told('snapshot');
      way.breakAll();
      await one.state('reconnecting');
      await publish('a');
      one.clock.advanceToNextTimer();
      expect(await one.told('recovered')).toMatchObject({ count: 1 });
      expect(one.ids).toEqual(['a']);
    });

    it('is found out when the connection is half open', async () => {
      await begin();
      const one = watch(transport);
      await one.state('live');
      way.stall();
      await publish('a');
      one.clock.advance(37_500);
      await one.state('stale');
      one.clock.advanceToNextTimer();
      await one.state('reconnecting');
      one.clock.advanceToNextTimer();
      // The pool offers the other dead connection first, the one that the token came on.
      await one.state('connecting');
      one.clock.advance(15_000);
      expect(await one.state('reconnecting')).toMatchObject({ cause: { kind: 'timeout' } });
      one.clock.advanceToNextTimer();
      await one.events(1);
      expect(one.ids).toEqual(['a']);
    });

    it('may restart: the client waits as the goodbye asks and continues', async () => {
      const dataDir = newDataDir();
      await begin({ VX11_DATA_DIR: dataDir });
      await publish('a');
      const one = watch(transport);
      await one.events(1);
      const closing = backend.close();
      expect(await one.told('goodbye')).toMatchObject({ reason: 'draining', reconnect: true });
      await closing;
      backend = await startBackend({
        VX11_BACKEND_PORT: new URL(backend.url).port,
        VX11_OPERATOR_TOKEN: backend.token,
        VX11_DATA_DIR: dataDir,
      });
      await publish('b');
      one.clock.advance(20_000);
      expect(await one.told('recovered')).toMatchObject({ count: 1 });
      expect(one.ids).toEqual(['a', 'b']);
      rmSync(dataDir, { recursive: true });
    });

    it('stops the client when an administrator ends its stream', async () => {
      await begin();
      const one = watch(transport);
      await one.state('live');
      const { json } = await backend.caller.api('/streams');
      await backend.caller.api(`/streams/${json.streams[0].id}`, { method: 'DELETE' });
      expect(await one.state('stopped')).toMatchObject({ reason: 'goodbye', code: 'admin' });
    });

    it('stops the client whose principal token is wrong', async () => {
      await begin();
      const one = watch({ ...transport, token: remember('not-a-token-of-anyone', 'principal') });
      expect(await one.state('stopped')).toEqual({
        status: 'stopped',
        reason: 'invalid_token',
        code: 'invalid_token',
        detail: 'This principal token is not valid here.',
      });
    });

    it('makes the client wait when it asks for tokens too often', async () => {
      await begin({ VX11_ISSUE_RATE_LIMIT: '1' });
      await backend.caller.issue();
      const one = watch(transport);
      const { retryAt, cause } = await one.state('reconnecting');
      expect(cause).toMatchObject({ status: 429, code: 'rate_limited' });
      expect(retryAt - one.clock.wall()).toBeGreaterThanOrEqual(cause.retryAfterMs!);
    });
  });

  describe('and the real backend', () => {
    it('stops where something in between takes the credential away: 401', async () => {
      await begin();
      const one = watch({
        fetch: async (input, init) => fetch(input, { ...init, headers: {} }),
      });
      expect(await one.state('stopped')).toMatchObject({
        reason: 'auth_required',
        code: 'auth_required',
      });
    });

    it('waits while the gateway has no backend, as its 503 asks, and continues', async () => {
      const dataDir = newDataDir();
      const env = { VX11_OPERATOR_TOKEN: remember(newPrincipalToken(), 'principal') };
      await begin({ ...env, VX11_DATA_DIR: dataDir });
      const gateway = await startGateway({ ...env, VX11_BACKEND_URLS: backend.url });
      await publish('a');
      const one = watch({ baseUrl: gateway.url });
      await one.events(1);
      await backend.close();
      await one.state('reconnecting');
      one.clock.advanceToNextTimer();
      const { retryAt, cause } = await one.state('reconnecting');
      expect(cause).toMatchObject({ status: 503 });
      expect(retryAt - one.clock.wall()).toBeGreaterThanOrEqual(cause.retryAfterMs!);
      const { port } = new URL(backend.url);
      backend = await startBackend({ ...env, VX11_BACKEND_PORT: port, VX11_DATA_DIR: dataDir });
      await publish('b');
      // The gateway has to notice as well, and may refuse a few more times until it has.
      one.client.on('state', ({ status }) => {
        if (status === 'reconnecting') setImmediate(() => one.clock.advanceToNextTimer());
      });
      one.clock.advanceToNextTimer();
      await one.events(2);
      expect(one.ids).toEqual(['a', 'b']);
      one.client.close();
      await gateway.close();
      rmSync(dataDir, { recursive: true });
    });

    it('says with fetch how long to wait when there are too many streams', async () => {
      await begin({ VX11_STREAMS_PER_PRINCIPAL: '1' });
      const first = watch();
      await first.state('live');
      const { cause } = await watch().state('reconnecting');
      expect(cause).toMatchObject({ status: 429, code: 'too_many_streams' });
      expect(cause.retryAfterMs).toBeGreaterThan(0);
    });

    it('reports a gap when what was missed is gone', async () => {
      await begin();
      await publish('a');
      const one = watch({ lastEventId: '1-0' });
      await one.told('recovered');
      const ahead = watch({ lastEventId: '99999999999999-0' });
      expect(await ahead.told('gap')).toMatchObject({ lost: true });
      await publish('b');
      await ahead.events(1);
      expect(ahead.ids).toEqual(['b']);
    });

    it('answers the history page by page, in both directions', async () => {
      await begin();
      await publish('a', 'b', 'c');
      const { client } = watch();
      const newest = await client.history({ limit: 2 });
      expect(newest.events.map(({ id }) => id)).toEqual(['b', 'c']);
      const older = await client.history({ limit: 2, before: newest.next });
      expect(older.events.map(({ id }) => id)).toEqual(['a']);
      expect(older.next).toBeNull();
      const newer = await client.history({ limit: 2, after: older.events[0]!.position });
      expect(newer.events.map(({ id }) => id)).toEqual(['b', 'c']);
    });

    it.each([{ module: ['a,b'] }, { subject: ['CN=joe,OU=ops'] }])(
      'selects by a value with a comma: %j',
      async (narrow) => {
        await begin();
        const { caller } = backend;
        await caller.publish(event({ id: 'a', module: 'a,b', subject: 'CN=joe,OU=ops' }));
        await caller.publish(event({ id: 'b', module: 'a', subject: 'CN=joe' }));
        const one = watch({ filter: { ...filter, ...narrow } });
        expect(await one.told('snapshot')).toMatchObject({ count: 1 });
        await caller.publish(event({ id: 'c', module: 'a,b', subject: 'CN=joe,OU=ops' }));
        await one.events(2);
        const { events } = await one.client.history();
        expect([one.ids, events.map(({ id }) => id)]).toEqual([
          ['a', 'c'],
          ['a', 'c'],
        ]);
      },
    );

    it('refuses a filter that it does not know, and the client stops', async () => {
      await begin();
      const one = watch({ filter: { severity: ['loud' as 'info'] } });
      expect(await one.state('stopped')).toMatchObject({ reason: 'invalid_request' });
    });
  });
});

itLeaksNoToken();
