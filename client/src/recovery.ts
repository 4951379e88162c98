import { backoffMs, SETTLED_MS } from './backoff.js';
import type { ConnectionEnd } from './connection.js';
import type { Failure, Stopped, StopReason } from './types.js';

/** Refusals of fresh tokens in a row after which more tokens will not help. */
const REFUSALS_LIMIT = 5;

/** Statuses after which there is nothing to wait for. */
const FINAL: Record<number, StopReason> = {
  204: 'no_content',
  400: 'invalid_request',
  401: 'auth_required',
  403: 'forbidden',
};

export interface Wait {
  readonly ms: number;
  /** The server named the wait: only a person may cut it short, no event of the machine. */
  readonly ordered: boolean;
  readonly cause: Failure;
}

/** Decides, after each end of a connection, whether and when there is a next one. */
export interface Recovery {
  /** Attempts since the last success. */
  attempt: number;
  /** Streams in a row that got a token but no frame. */
  silent: number;
  /** The server's `retry:`, milliseconds. */
  retry: number;
  after(end: ConnectionEnd): Stopped | Wait;
}

export function createRecovery(random: () => number): Recovery {
  let refusals = 0;
  const recovery: Recovery = {
    attempt: 0,
    silent: 0,
    retry: 0,

    after({ failure, issued, liveMs, goodbye }) {
      // `token_expired`, `token_replayed`, `invalid_token` on the stream: a new token can fix that,
      // for the token aged, was spent, or its instance is gone.
      const refused = issued && failure.status === 403 && /token/.test(failure.code ?? '');
      refusals = refused ? refusals + 1 : 0;
      if (liveMs >= 0) recovery.silent = 0;
      else if (issued) recovery.silent += 1;
      if (liveMs >= SETTLED_MS) recovery.attempt = 0;

      if (goodbye?.reconnect === false) {
        return { status: 'stopped', reason: 'goodbye', code: goodbye.reason };
      }
      const stop = stopFor(failure);
      if (stop && (!refused || refusals >= REFUSALS_LIMIT)) return stop;

      const asked = [goodbye?.retry_ms, failure.retryAfterMs].find(Number.isFinite);
      const ordered = asked !== undefined;
      // The first refusal is an accident of timing and costs no wait; a second one is a pattern.
      const ms =
        refusals === 1
          ? 0
          : backoffMs(recovery.attempt++, asked ?? recovery.retry, ordered, random);
      return { ms, ordered, cause: failure };
    },
  };
  return recovery;
}

/** The final state that an answer leads to, if it is one after which asking again is no use. */
export function stopFor({ status = 0, code, detail }: Failure): Stopped | undefined {
  const reason =
    status === 403 && (code === 'invalid_token' || code === 'insufficient_scope')
      ? code
      : FINAL[status];
  return reason && { status: 'stopped', reason, code, detail };
}
