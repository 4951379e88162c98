import type { ClientState } from '@vx11/events-client';
import { describe as words } from './connection-words.js';

const NOW = 1_000_000;

const cases: [ClientState, string, string][] = [
  [{ status: 'idle' }, 'off', 'Not connected'],
  [{ status: 'connecting', attempt: 0 }, 'wait', 'Connecting'],
  [{ status: 'live', transport: 'fetch', since: NOW, tokenIssuedAt: NOW }, 'good', 'Live'],
  [{ status: 'stale', silentMs: 38_000 }, 'bad', 'Stale, nothing received for 38 s'],
  [
    { status: 'reconnecting', attempt: 2, retryAt: NOW + 3_200, cause: { kind: 'ended' } },
    'bad',
    'Reconnecting, in 4 s, the stream was cut',
  ],
  [
    {
      status: 'reconnecting',
      attempt: 1,
      retryAt: NOW - 5,
      cause: { kind: 'refused', status: 503, code: 'draining' },
    },
    'bad',
    'Reconnecting, in 0 s, the server answered 503 (draining)',
  ],
  [
    { status: 'polling', attempt: 4, retryAt: NOW + 30_000, cause: { kind: 'timeout' } },
    'wait',
    'Polling, the stream cannot be opened; next try in 30 s',
  ],
  [
    { status: 'stopped', reason: 'goodbye', code: 'admin' },
    'off',
    'Ended, an administrator ended the stream',
  ],
];

describe('the words for the state of the stream', () => {
  it.each(cases)('tell the truth about %j', (state, tone, text) => {
    const { word, detail, ...rest } = words(state, NOW, true);
    expect([rest.tone, [word, detail].filter(Boolean).join(', ')]).toEqual([tone, text]);
  });

  it('add a hint to Live while the browser reports that it is offline', () => {
    const live: ClientState = {
      status: 'live',
      transport: 'fetch',
      since: NOW,
      tokenIssuedAt: NOW,
    };
    expect(words(live, NOW, false)).toMatchObject({
      tone: 'wait',
      detail: expect.stringContaining('offline'),
    });
  });

  it('name the network as the cause only when the browser reports that it is offline', () => {
    const state: ClientState = {
      status: 'reconnecting',
      attempt: 0,
      retryAt: NOW + 1_000,
      cause: { kind: 'network' },
    };
    expect(words(state, NOW, false).detail).toBe('in 1 s, this device is offline');
    expect(words(state, NOW, true).detail).toBe('in 1 s, the server cannot be reached');
  });
});
