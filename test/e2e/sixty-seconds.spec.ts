import { rmSync } from 'node:fs';
import { newDataDir, startBackend, type TestBackend } from '../support/backend.js';
import { Caller, event } from '../support/caller.js';
import { writePrincipals } from '../support/principals.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { StreamReader } from '../support/stream-reader.js';

/** Heartbeats that fit into the life of a token, and one more: more than 60 seconds. */
const BEATS = 5;

/**
 * The one test that waits for the real minute, by waiting for real heartbeats. It
 * is a file of its own so that the other files run meanwhile.
 */
describe('after 60 real seconds', () => {
  const dataDir = newDataDir();
  const { file, tokens } = writePrincipals(dataDir, [{ id: 'other', scopes: ['events:read'] }]);
  let backend: TestBackend;
  let caller: Caller;
  let token: string;
  let reader: StreamReader;
  const beats: number[] = [];

  beforeAll(async () => {
    backend = await startBackend({ VX11_DATA_DIR: dataDir, VX11_PRINCIPALS_FILE: file });
    ({ caller } = backend);
    token = await caller.issue();
    reader = await caller.stream({ token });
    await reader.named('snapshot');
    while (beats.length < BEATS) {
      const { data } = await reader.named('heartbeat');
      beats.push(Date.parse(data.timestamp as string));
    }
  }, 120_000);

  afterAll(async () => {
    await backend.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('a heartbeat has come every 15 seconds, with the time', () => {
    const apart = beats.slice(1).map((at, index) => Math.round((at - beats[index]!) / 1000));
    // A busy machine may make one of them late.
    expect(apart.toSorted((x, y) => x - y)[(BEATS - 1) >> 1]).toBe(15);
  });

  it('the token opens no new stream: 403 token_expired, counted as expired', async () => {
    expect(await (await caller.stream({ token })).refusal()).toEqual({
      status: 403,
      code: 'token_expired',
    });
    const name = 'vx11_operator_ephemeral_tokens_invalid_total';
    expect(await caller.metric(name, { reason: 'expired' })).toBe(1);
    expect(await caller.metric('vx11_operator_ephemeral_tokens_expired_total')).toBe(1);
    expect(await caller.metric('vx11_operator_ephemeral_tokens_active')).toBe(0);
  });

  it('the stream that it opened lives on', async () => {
    await caller.publish(event({ type: 'after.a.minute' }));
    expect((await reader.ofType('after.a.minute')).id).toBeDefined();
  });

  it('another principal cannot end that stream with the dead token; its owner can', async () => {
    const revoke = (by: Caller) => by.post('/events/sse-token/revoke', { sse_token: token });
    await revoke(new Caller(backend.url, tokens.other));
    await caller.publish(event({ type: 'still.there' }));
    await reader.ofType('still.there');
    expect((await revoke(caller)).status).toBe(204);
    expect((await reader.named('goodbye')).data.reason).toBe('revoked');
  });
});

itLeaksNoToken();
