import { effect, signal, untracked } from '@preact/signals';
import type { ClientState, EventsClient, Stopped } from '@vx11/events-client';
import { createSharedEventsClient } from '@vx11/events-client/shared';
import { whySignedOut } from '../../session/endings.js';
import { leave, principalToken, session } from '../../session/session.js';
import { toast } from '../../ui/toast.js';
import { eventEntry } from '../entry.js';
import { begun, clear, receive } from '../list/list-state.js';

/** What the client library says about the stream. */
export const connection = signal<ClientState>({ status: 'idle' });

let client: EventsClient | undefined;
let notes = 0;

// One stream for each sign-in, shared with the other tabs; it goes on while other pages are open.
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
    baseUrl: '/',
    ...shared,
    ...(lastEventId !== undefined && { lastEventId }),
  });
  client.on('event', (event) => receive(eventEntry(event)));
  client.on('gap', ({ oldest }) => {
    receive({ kind: 'gap', key: `gap ${(notes += 1)}`, at: Date.now(), oldest });
    toast('Events were lost; a line in the list says where');
  });
  client.on('snapshot', ({ latest }) => begun(latest));
  client.on('recovered', ({ count, latest }) => {
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
