import fc from 'fast-check';
import type { ConnectionEnd } from './connection.js';
import { createRecovery, stopFor, type Wait } from './recovery.js';
import type { Failure, Goodbye } from './types.js';

const recovery = () => createRecovery(() => 0.5);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** A connection that never got a frame. */
const silent = (failure: Failure, issued = true): ConnectionEnd => ({
  failure,
  issued,
  liveMs: NaN,
});
const lived = (liveMs: number, goodbye?: Goodbye): ConnectionEnd => ({
  failure: { kind: 'ended' },
  issued: true,
  liveMs,
  goodbye,
});
const refused = (status: number, code?: string, retryAfterMs?: number): Failure => ({
  kind: 'refused',
  status,
  code,
  retryAfterMs,
});

describe('an answer', () => {
  it.each([
    [204, undefined, 'no_content'],
    [400, 'invalid_query', 'invalid_request'],
    [401, 'auth_required', 'auth_required'],
    [403, 'invalid_token', 'invalid_token'],
    [403, 'insufficient_scope', 'insufficient_scope'],
    [403, 'something_new', 'forbidden'],
    [403, undefined, 'forbidden'],
  ])('%d %s stops the client: %s', (status, code, reason) => {
    expect(stopFor(refused(status, code))).toEqual({ status: 'stopped', reason, code });
    expect(recovery().after(silent(refused(status, code), false))).toMatchObject({ reason });
  });

  it.each([404, 408, 429, 500, 502, 503, 504, 200])('%d is tried again', (status) => {
    expect(stopFor(refused(status))).toBeUndefined();
    expect(recovery().after(silent(refused(status), false))).toMatchObject({ ms: 500 });
  });
});

describe('recovery', () => {
  it('waits for longer each time', () => {
    const { after } = recovery();
    const waits = [1, 2, 3].map(() => after(silent({ kind: 'network' }, false)));
    expect(waits).toMatchObject([{ ms: 500 }, { ms: 1_000 }, { ms: 1_500 }]);
  });

  it('resets its count only after a stream that lasted: one that is cut at once is no success', () => {
    const { after } = recovery();
    after(silent({ kind: 'network' }, false));
    expect(after(lived(4_999))).toMatchObject({ ms: 1_000 });
    expect(after(lived(5_000))).toMatchObject({ ms: 500 });
  });

  it('waits at least as long as retry: says, and no longer where it waits anyway', () => {
    const one = recovery();
    one.retry = 1_200;
    const waits = [1, 2, 3, 4].map(() => one.after(silent({ kind: 'network' }, false)));
    expect(waits).toMatchObject([{ ms: 1_200 }, { ms: 1_200 }, { ms: 1_500 }, { ms: 1_500 }]);
    expect(waits[0]).toMatchObject({ ordered: false });
  });

  it('never comes before the moment that the server named, nor long after it', () => {
    const asked = fc.nat(3_600_000);
    fc.assert(
      fc.property(fc.nat(20), asked, random, (failures, retryAfterMs, value) => {
        const { after } = createRecovery(() => value);
        for (let i = 0; i < failures; i++) after(silent({ kind: 'network' }, false));
        const wait = after(silent(refused(503, 'draining', retryAfterMs), false)) as Wait;
        expect(wait.ms).toBeGreaterThanOrEqual(retryAfterMs);
        expect(wait.ms).toBeLessThanOrEqual(retryAfterMs + 5_000);
      }),
    );
  });

  it('takes the goodbye, then Retry-After, before retry:', () => {
    const one = recovery();
    one.retry = 60_000;
    const goodbye = { reason: 'draining', reconnect: true, retry_ms: 2_000 };
    expect(one.after(lived(20_000, goodbye))).toMatchObject({ ms: 2_500, ordered: true });
    expect(one.after(silent(refused(503, 'draining', 7_000)))).toMatchObject({
      ms: 8_000,
      ordered: true,
    });
  });

  it.each(['5s', '5', null, {}, -1e9])('waits as after a broken stream for retry_ms %j', (ms) => {
    const one = recovery();
    one.retry = 1_200;
    const goodbye = { reason: 'draining', reconnect: true, retry_ms: ms as number };
    const wait = one.after(lived(20_000, goodbye)) as Wait;
    expect(wait.ms).toBeGreaterThanOrEqual(500);
    expect(wait.ms).toBeLessThanOrEqual(1_700);
  });

  it('stops at a goodbye that does not want it back, and says why', () => {
    const goodbye = { reason: 'revoked', reconnect: false };
    expect(recovery().after(lived(20_000, goodbye))).toEqual({
      status: 'stopped',
      reason: 'goodbye',
      code: 'revoked',
    });
  });
});

describe('a refused ephemeral token', () => {
  const refusal = silent(refused(403, 'token_expired'));

  it.each(['token_expired', 'token_replayed', 'invalid_token'])(
    '%s is replaced at once, and after that with patience',
    (code) => {
      const { after } = recovery();
      const end = silent(refused(403, code));
      expect(after(end)).toMatchObject({ ms: 0 });
      expect(after(end)).toMatchObject({ ms: 500 });
    },
  );

  it('does not loop for ever', () => {
    const { after } = recovery();
    const decisions = [1, 2, 3, 4, 5].map(() => after(refusal));
    expect(decisions[3]).toHaveProperty('ms');
    expect(decisions[4]).toMatchObject({ status: 'stopped', reason: 'forbidden' });
  });

  it('counts in a row only', () => {
    const { after } = recovery();
    for (let i = 0; i < 20; i++) {
      expect(after(refusal)).toMatchObject({ ms: 0 });
      after(lived(20_000));
    }
  });

  it('is final where it was the principal token that was refused', () => {
    expect(recovery().after({ ...refusal, issued: false })).toMatchObject({ status: 'stopped' });
  });
});

describe('streams that do not open', () => {
  const blocked = silent({ kind: 'timeout' });

  it('are counted in a row, and the first one that comes through ends that', () => {
    const one = recovery();
    for (let i = 0; i < 3; i++) one.after(blocked);
    expect(one.silent).toBe(3);
    one.after(lived(0));
    expect(one.silent).toBe(0);
  });

  it('do not count while no token can be had: the history would fail as well', () => {
    const one = recovery();
    for (let i = 0; i < 4; i++) one.after(silent({ kind: 'network' }, false));
    expect(one.silent).toBe(0);
  });
});
