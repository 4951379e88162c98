import { effect, signal, untracked } from '@preact/signals';
import type { ClientState, EventsClient, OperatorEvent, Stopped } from '@vx11/events-client';
import { createSharedEventsClient } from '@vx11/events-client/shared';
import { whySignedOut } from '../../session/endings.js';
import { publicBase } from '../../session/public-base.js';
import { leave, principalToken, session } from '../../session/session.js';
import { toast } from '../../ui/toast.js';
import { eventEntry } from '../entry.js';
import { begun, clear, receive } from '../list/list-state.js';

/** What the client library reports about the stream. */
export const connection = signal<ClientState>({ status: 'idle' });

let client: EventsClient | undefined;
let onNews: ((event: OperatorEvent) => void) | undefined;

/** Calls `listener` for each event that happens from now on. */
export function listen(listener: (event: OperatorEvent) => void): void {
  onNews = listener;
}
let notes = 0;

// One stream for each sign-in, shared with the other tabs; it stays open on other pages.
effect(() => {
  const state = session.value;
  if (state.status === 'out') return;
  void untracked(() => open());
  return close;
});

async function open(lastEventId?: string): Promise<void> {
  const token = principalToken();
  const shared = await identityOf(token);
  // Signed out, or in again as somebody else, in the meantime.
  if (token !== principalToken() || session.value.status === 'out') return;
  client = createSharedEventsClient({
    baseUrl: publicBase,
    ...shared,
    ...(lastEventId !== undefined && { lastEventId }),
  });
  // What the snapshot brings is the past; events after that are news.
  let isNews = lastEventId !== undefined;
  client.on('event', (event) => {
    receive(eventEntry(event));
    if (isNews) onNews?.(event);
  });
  client.on('gap', ({ oldest }) => {
    receive({ kind: 'gap', key: `gap ${(notes += 1)}`, at: Date.now(), oldest });
    toast('Some events are missing; a line in the list marks the place');
  });
  client.on('snapshot', ({ latest }) => {
    isNews = true;
    begun(latest);
  });
  client.on('recovered', ({ count, latest }) => {
    isNews = true;
    begun(latest);
    if (count === 0) return;
    receive({ kind: 'recovered', key: `recovered ${(notes += 1)}`, at: Date.now(), count });
  });
  client.on('state', (state) => {
    connection.value = state;
    if (state.status === 'polling') begun(null);
    if (state.status === 'stopped') stopped(state);
  });
}

function close(): void {
  client?.close();
  client = undefined;
  connection.value = { status: 'idle' };
  clear();
}

/** Tries now instead of waiting for the next attempt. */
export function reconnect(): void {
  const { value } = connection;
  if (value.status !== 'stopped') client?.connect();
  else void open(client?.lastEventId);
}

function stopped({ reason, code, detail }: Stopped): void {
  const why = whySignedOut({ code, detail }) ?? whySignedOut({ code: reason });
  if (why !== undefined) leave(why);
}

/** Tabs of the same principal share a stream; they find each other by the token's digest. */
async function identityOf(
  token: string,
): Promise<{ token: string | (() => string); identity?: string }> {
  // Browsers have the digest in secure contexts only; then the token itself, still in memory only.
  if (!globalThis.isSecureContext) return { token };
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  const identity = [...new Uint8Array(digest)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  return { token: principalToken, identity };
}
