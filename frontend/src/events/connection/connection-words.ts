import type { ClientState, Failure } from '@vx11/events-client';
import { duration } from '../../ui/format.js';

export type Tone = 'good' | 'wait' | 'bad' | 'off';

export interface ConnectionWords {
  readonly tone: Tone;
  /** One word or two; what a screen reader announces when it changes. */
  readonly word: string;
  /** Countdowns and causes. */
  readonly detail: string;
}

/**
 * @param now epoch milliseconds
 * @param silentMs how long the backend has not answered, where it does not
 */
export function describe(
  state: ClientState,
  now: number,
  isOnline: boolean,
  silentMs?: number,
): ConnectionWords {
  // The stream itself notices a stopped backend only after two and a half heartbeats.
  const silence =
    silentMs === undefined ? '' : `the server has not answered for ${duration(silentMs)}`;
  if (state.status === 'live' && silence !== '')
    return { tone: 'bad', word: 'Stale', detail: silence };
  switch (state.status) {
    case 'idle':
      return { tone: 'off', word: 'Not connected', detail: '' };
    case 'connecting':
      return { tone: 'wait', word: 'Connecting', detail: silence || attempt(state.attempt) };
    case 'live':
      // The stream is still open: a server on this machine needs no network.
      return isOnline
        ? { tone: 'good', word: 'Live', detail: '' }
        : { tone: 'wait', word: 'Live', detail: 'but this device reports that it is offline' };
    case 'stale':
      return {
        tone: 'bad',
        word: 'Stale',
        detail: `nothing received for ${duration(state.silentMs)}`,
      };
    case 'reconnecting':
      return {
        tone: 'bad',
        word: 'Reconnecting',
        // The browser's report about its network is a hint: a server on this machine needs none.
        detail: `in ${countdown(state.retryAt - now)}, ${isOnline ? causeOf(state.cause) : 'this device is offline'}`,
      };
    case 'polling':
      return {
        tone: 'wait',
        word: 'Polling',
        detail: `the stream cannot be opened; next try in ${countdown(state.retryAt - now)}`,
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

/** Rounded up, so that 0 s is never shown for a whole second. */
function countdown(ms: number): string {
  return duration(Math.max(0, Math.ceil(ms / 1000)) * 1000);
}

/** Why there is no stream, in a few words. */
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
  max_age: 'the stream reached its maximum age',
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
