import type { EventFilter } from '@vx11/events-client';
import { refuse, sendJson } from './support/fault-server.js';
import { TRANSPORTS, useFaults } from './support/faults.js';

const faults = useFaults();

describe.each(TRANSPORTS)('with %s', (_, transport) => {
  it('trades the principal token for an ephemeral one and never shows it to the stream', async () => {
    const one = faults.watch(transport);
    await one.state('live');
    const [issue] = faults.server.seen.issue;
    expect(issue?.request.headers.authorization).toBe('Bearer principal-token');
    const [opened] = faults.server.seen.stream;
    expect(opened?.token).toBe('ephemeral-1');
    expect(JSON.stringify([opened?.request.headers, opened?.request.url])).not.toContain(
      'principal',
    );
  });

  it('narrows both the token and the stream to its filter', async () => {
    const filter = { severity: ['error', 'critical'], type: ['vx11.*'] } as const;
    const one = faults.watch({ ...transport, filter });
    await one.state('live');
    expect(JSON.parse(faults.server.seen.issue[0]!.body)).toEqual({ filter });
    const query = faults.server.seen.stream[0]!.url.searchParams;
    expect(query.getAll('severity')).toEqual(['error', 'critical', '']);
    expect(query.getAll('type')).toEqual(['vx11.*']);
  });

  it.each([
    ['none', undefined],
    ['one without fields', {}],
    ['one of undefined fields', { module: undefined }],
  ])('sends no filter where it has %s: the server refuses an empty one', async (_, filter) => {
    const one = faults.watch({ ...transport, ...(filter && { filter: filter as EventFilter }) });
    await one.state('live');
    expect(JSON.parse(faults.server.seen.issue[0]!.body)).toEqual({});
  });

  it.each([
    [401, 'auth_required', 'auth_required'],
    [403, 'invalid_token', 'invalid_token'],
    [403, 'insufficient_scope', 'insufficient_scope'],
  ])('stops when no token is issued: %d %s', async (status, code, reason) => {
    faults.server.always('issue', refuse(status, code));
    const one = faults.watch(transport);
    expect(await one.state('stopped')).toEqual({
      status: 'stopped',
      reason,
      code,
      detail: `Why: ${code}.`,
    });
    expect(one.clock.pending).toBe(0);
    expect(faults.server.seen.issue).toHaveLength(1);
    expect(faults.server.seen.stream).toHaveLength(0);
  });

  it.each([
    [429, 'rate_limited'],
    [503, 'token_store_unavailable'],
  ])('waits as long as issuing asks: %d %s', async (status, code) => {
    faults.server.next('issue', refuse(status, code, { 'retry-after': '20' }));
    const one = faults.watch(transport);
    const { cause } = await one.state('reconnecting');
    expect(cause).toMatchObject({ kind: 'refused', status, code });
    one.clock.advance(19_999);
    expect(await one.settled()).toBe('reconnecting');
    expect(faults.server.seen.issue).toHaveLength(1);
    one.clock.advance(501);
    await one.state('live');
    expect(faults.server.seen.issue).toHaveLength(2);
  });

  it('does not take a page that answers 200 for a token', async () => {
    faults.server.next('issue', ({ response }) => response.end('<title>Please sign in</title>'));
    faults.server.next('issue', ({ response }) => sendJson(response, 200, { hello: 'world' }));
    const one = faults.watch(transport);
    await one.state('reconnecting');
    one.clock.advanceToNextTimer();
    await one.state('reconnecting');
    one.clock.advanceToNextTimer();
    await one.state('live');
    expect(faults.server.seen.stream).toHaveLength(1);
  });

  it('backs off while nothing listens at all', async () => {
    const one = faults.watch({ ...transport, baseUrl: 'http://127.0.0.1:1' });
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      const { retryAt, cause } = await one.state('reconnecting');
      expect(cause).toEqual({ kind: 'network' });
      waits.push(retryAt - one.clock.wall());
      one.clock.advanceToNextTimer();
    }
    expect(waits).toEqual([500, 1_000, 1_500]);
  });
});

describe('the principal token', () => {
  it('is called again for each issuing', async () => {
    const tokens = ['first', 'second'];
    const one = faults.watch({ token: async () => tokens.shift() ?? '' });
    await one.state('live');
    faults.server.seen.stream[0]!.response.end();
    await one.state('reconnecting');
    one.clock.advanceToNextTimer();
    await one.state('live');
    expect(faults.server.seen.issue.map(({ request }) => request.headers.authorization)).toEqual([
      'Bearer first',
      'Bearer second',
    ]);
  });

  it('is requested again after a request that failed', async () => {
    let asked = 0;
    const one = faults.watch({
      token: async () => {
        asked += 1;
        if (asked === 1) throw new Error('the identity provider is away');
        return 'principal-token';
      },
    });
    expect(await one.state('reconnecting')).toMatchObject({ cause: { kind: 'network' } });
    one.clock.advanceToNextTimer();
    await one.state('live');
  });

  it.each([
    ['empty', () => ''],
    ['missing', undefined],
    ['missing later', () => undefined],
    ['several lines', 'principal-token\nand more'],
    ['of other alphabets', 'жетон'],
  ])('that is %s stops the client, and no error quotes it', async (_, token) => {
    const one = faults.watch({ token: token as string });
    expect(await one.state('stopped')).toMatchObject({ reason: 'auth_required' });
    expect(faults.server.seen.issue).toHaveLength(0);
    const { history } = faults.watch({ token: token as string }).client;
    await expect(history()).rejects.toThrow(/^refused: auth_required$/);
  });

  it('may have the line break of the file that it was read from', async () => {
    await faults.watch({ token: 'principal-token\n' }).state('live');
    const [issue] = faults.server.seen.issue;
    expect(issue?.request.headers.authorization).toBe('Bearer principal-token');
  });
});
