import { rmSync } from 'node:fs';
import { newDataDir, startBackend, type TestBackend } from '../support/backend.js';
import { Caller } from '../support/caller.js';
import type { Answer } from '../support/http.js';
import { writePrincipals } from '../support/principals.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { StreamReader } from '../support/stream-reader.js';

const READ = ['events:read'];

function expectLater(headers: Answer['headers']): void {
  expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
}

describe('limits', () => {
  const dataDir = newDataDir();
  const { file, tokens } = writePrincipals(dataDir, [
    { id: 'slow', scopes: READ, rateLimit: 3 },
    { id: 'fast', scopes: READ },
    { id: 'one', scopes: READ },
    { id: 'two', scopes: READ },
    { id: 'three', scopes: READ },
  ]);
  let backend: TestBackend;
  const as = (id: keyof typeof tokens) => new Caller(backend.url, tokens[id]);

  beforeAll(async () => {
    backend = await startBackend({
      VX11_DATA_DIR: dataDir,
      VX11_PRINCIPALS_FILE: file,
      VX11_STREAMS_MAX: '3',
      VX11_STREAMS_PER_PRINCIPAL: '2',
      VX11_TOKEN_CACHE_MAX: '40',
    });
  });

  afterAll(async () => {
    await backend.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const issue = (id: keyof typeof tokens) =>
    as(id).api('/events/sse-token', { method: 'POST', issuing: true });

  it('of the rate of issuing: 429 rate_limited with Retry-After, for that principal alone, counted', async () => {
    const before = await backend.caller.metric('vx11_operator_rate_limited_total');
    const answers = await Promise.all(Array.from({ length: 8 }, () => issue('slow')));
    const refused = answers.filter(({ status }) => status !== 200);
    // A second may begin in between: then three more get through.
    expect(refused.length).toBeGreaterThanOrEqual(2);
    for (const { status, json, headers } of refused) {
      expect([status, json.code]).toEqual([429, 'rate_limited']);
      expectLater(headers);
    }
    expect((await issue('fast')).status).toBe(200);
    expect(await backend.caller.metric('vx11_operator_rate_limited_total')).toBe(
      before + refused.length,
    );
  });

  it('of streams: 429 too_many_streams with Retry-After, per principal and in all; a closed one makes room', async () => {
    const readers: StreamReader[] = [];
    const open = async (id: keyof typeof tokens) => {
      const reader = await as(id).stream();
      if (reader.status === 200) {
        await reader.named('snapshot');
        readers.push(reader);
      } else expectLater(reader.headers);
      return reader.status === 200 ? 200 : (await reader.refusal()).code;
    };
    expect(await open('one')).toBe(200);
    expect(await open('one')).toBe(200);
    expect(await open('one')).toBe('too_many_streams');
    expect(await open('two')).toBe(200);
    expect(await open('three')).toBe('too_many_streams');
    // A full instance looks at no token: this one is not used, so another client may use it first.
    const token = await as('three').issue();
    const early = await as('three').stream({ token });
    expect(await early.refusal()).toMatchObject({ code: 'too_many_streams' });
    // A crowd that kept its connections would hold up the streams that are open.
    expect(early.headers.connection).toBe('close');
    const watched = readers[0] as StreamReader;
    await backend.caller
      .api('/streams')
      .then(({ json }) =>
        backend.caller.api(`/streams/${json.streams[0].id}`, { method: 'DELETE' }),
      );
    await watched.ended;
    const other = await new Caller(backend.url, tokens.three, 'another client').stream({ token });
    expect(other.status).toBe(200);
    readers.push(other);
    await Promise.all(readers.map((reader) => reader.close()));
  });

  it('of living tokens: 503 token_cache_full with Retry-After; a revoked one makes room', async () => {
    let last = '';
    let refused: Answer | undefined;
    for (let count = 0; count <= 40 && !refused; count += 1) {
      const answer = await issue('fast');
      if (answer.status === 200) last = answer.json.sse_token;
      else refused = answer;
    }
    expect([refused?.status, refused?.json.code]).toEqual([503, 'token_cache_full']);
    expectLater(refused?.headers ?? {});
    await as('fast').post('/events/sse-token/revoke', { sse_token: last });
    expect((await issue('fast')).status).toBe(200);
  });
});

describe('VX11_ISSUE_RATE_LIMIT', () => {
  it('limits every principal that has no rate of its own', async () => {
    const backend = await startBackend({ VX11_ISSUE_RATE_LIMIT: '2' });
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        backend.caller.api('/events/sse-token', { method: 'POST', issuing: true }),
      ),
    );
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(2);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2);
    await backend.close();
  });
});

describe('VX11_STREAM_MAX_AGE', () => {
  it('ends a stream with goodbye max_age, and invites it back', async () => {
    const backend = await startBackend({ VX11_STREAM_MAX_AGE: '1' });
    const reader = await backend.caller.stream();
    const { data } = await reader.named('goodbye');
    expect(data).toEqual({ reason: 'max_age', reconnect: true, retry_ms: expect.any(Number) });
    expect(await reader.ended).toBe('clean');
    await backend.close();
  });
});

itLeaksNoToken();
