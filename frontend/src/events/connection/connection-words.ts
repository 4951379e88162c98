import type { ClientState, Failure } from '@vx11/events-client';
import { duration } from '../../ui/format.js';

export type Tone = 'good' | 'wait' | 'bad' | 'off';

export interface ConnectionWords {
  readonly tone: Tone;
  /** One word or two; what a screen reader announces when it changes. */
  readonly word: string;
  /** The rest of the truth: countdowns, causes. */
  readonly detail: string;
}

/** @param now epoch milliseconds */
export function describe(state: ClientState, now: number, isOnline: boolean): ConnectionWords {
  switch (state.status) {
    case 'idle':
      return { tone: 'off', word: 'Not connected', detail: '' };
    case 'connecting':
      return { tone: 'wait', word: 'Connecting', detail: attempt(state.attempt) };
    case 'live':
      // Still what is known: a stream from this very machine needs no network.
      return isOnline
        ? { tone: 'good', word: 'Live', detail: '' }
        : { tone: 'wait', word: 'Live', detail: 'but this device says that it is offline' };
    case 'stale':
      return {
        tone: 'bad',
        word: 'Stale',
        detail: `nothing heard for ${duration(state.silentMs)}`,
      };
    case 'reconnecting':
      return {
        tone: 'bad',
        word: 'Reconnecting',
        // What the browser says of its network is a hint: this machine's own server needs none.
        detail: `in ${countdown(state.retryAt - now)}, ${isOnline ? causeOf(state.cause) : 'this device is offline'}`,
      };
    case 'polling':
      return {
        tone: 'wait',
        word: 'Polling',
        detail: `the stream does not open; next try in ${countdown(state.retryAt - now)}`,
      };
    case 'stopped':
      return { tone: 'off', word: 'Ended', detail: endOf(state.code ?? state.reason) };
    default:
      return state satisfies never;
  }
}

function attempt(number: number): string {
  return number === 0 ? '' : `attempt ${number + 1}`;
}

/** Rounded up, so that it never says 0 s for a whole second. */
function countdown(ms: number): string {
  return duration(Math.max(0, Math.ceil(ms / 1000)) * 1000);
}

/** Why the stream is not there, in a few words. */
export function causeOf(cause: Failure): string {
  switch (cause.kind) {
    case 'network':
      return 'the server cannot be reached';
    case 'timeout':
      return 'the server did not answer in time';
    case 'silent':
      return 'the stream went silent';
    case 'ended':
      return 'the stream was cut';
    case 'goodbye':
      return GOODBYES[cause.code ?? ''] ?? 'the server ended the stream';
    case 'refused':
      return `the server answered ${cause.status ?? 'no'}${cause.code ? ` (${cause.code})` : ''}`;
    default:
      return cause.kind satisfies never;
  }
}

const GOODBYES: Record<string, string> = {
  draining: 'the server is restarting',
  max_age: 'the stream reached its greatest age',
  slow_consumer: 'this browser did not keep up',
};

function endOf(code: string): string {
  return ENDS[code] ?? `the server will not stream (${code})`;
}

const ENDS: Record<string, string> = {
  admin: 'an administrator ended the stream',
  insufficient_scope: 'this principal may not read events',
  closed: '',
};
