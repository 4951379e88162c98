import { effect, signal, untracked } from '@preact/signals';
import type { ClientState, EventsClient, OperatorEvent, Stopped } from '@vx11/events-client';
import { createWorkerEventsClient, type IdentityOptions } from '@vx11/events-client/worker';
import { whySignedOut } from '../../session/endings.js';
import { publicBase } from '../../session/public-base.js';
import { accessToken, identity, refresh } from '../../session/credential.js';
import { confirmEnd, may, pause } from '../../session/session.js';
import { toast } from '../../ui/toast.js';
import { eventEntry } from '../entry.js';
import { begun, clear, receive } from '../list/list-state.js';
import { takeNote } from '../notes/notes-state.js';
import { serverNow } from '../../ui/server-clock.js';

/** What the client library reports about the stream. */
export const connection = signal<ClientState>({ status: 'idle' });

let client: EventsClient | undefined;
let opened = 0;
let onNews: ((event: OperatorEvent) => void) | undefined;

/** Calls `listener` for each event that happens from now on. */
export function listen(listener: (event: OperatorEvent) => void): void {
  onNews = listener;
}
let notes = 0;

// One stream for each sign-in, shared with the other tabs; it stays open on other pages.
effect(() => {
  if (!may('events:read')) return;
  untracked(() => void open());
  return close;
});

/** Opens the stream, instead of the one that is open or about to be. */
async function open(lastEventId?: string): Promise<void> {
  const own = identity();
  if (own === undefined) return;
  opened += 1;
  const mine = opened;
  const isWanted = (): boolean => mine === opened;
  client?.close();
  const digest = await digestOf(own);
  const created = await createClient(
    {
      baseUrl: publicBase,
      token: accessToken,
      identity: digest,
      ...(lastEventId !== undefined && { lastEventId }),
    },
    isWanted,
  );
  if (!created) return;
  client = created;
  // Events of the snapshot are old; those after it are news.
  let isNews = lastEventId !== undefined;
  client.on('event', (event) => {
    receive(eventEntry(event));
    takeNote(event);
    if (isNews) onNews?.(event);
  });
  client.on('gap', ({ oldest }) => {
    receive({ kind: 'gap', key: `gap ${(notes += 1)}`, at: serverNow(), oldest });
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
    receive({ kind: 'recovered', key: `recovered ${(notes += 1)}`, at: serverNow(), count });
  });
  client.on('state', (state) => {
    connection.value = state;
    if (state.status === 'polling') begun(null);
    if (state.status === 'stopped') void stopped(state, isWanted);
  });
}

let hasNoWorker = !('SharedWorker' in globalThis);

/**
 * The stream by the browser's SharedWorker. The other ways are loaded only where there is none,
 * or its script cannot be loaded.
 * @param isWanted false once the operator has signed out, or another one is opened
 * @returns undefined when it is no longer wanted
 */
async function createClient(
  options: IdentityOptions,
  isWanted: () => boolean,
): Promise<EventsClient | undefined> {
  while (isWanted()) {
    if (!hasNoWorker) {
      const created = createWorkerEventsClient(options, () => {
        hasNoWorker = true;
        created.close();
        if (isWanted()) void open(created.lastEventId);
      });
      return created;
    }
    try {
      const { createSharedEventsClient } = await import('@vx11/events-client/shared');
      if (isWanted()) return createSharedEventsClient({ ...options, sharing: 'tabs' });
    } catch {
      // The server is away: its files as well as its events.
      await pause();
    }
  }
  return undefined;
}

function close(): void {
  opened += 1;
  client?.close();
  client = undefined;
  connection.value = { status: 'idle' };
  clear();
}

/** Connects now instead of waiting for the next attempt. */
export function reconnect(): void {
  const { value } = connection;
  if (value.status !== 'stopped') client?.connect();
  else void open(client?.lastEventId);
}

/** Asks why, until the server can say. */
async function stopped({ reason, code, detail }: Stopped, isWanted: () => boolean): Promise<void> {
  // The right was taken away: the new tokens come with what is left.
  if (code === 'insufficient_scope') await refresh().catch(() => undefined);
  const why = whySignedOut({ code, detail }) ?? whySignedOut({ code: reason });
  if (why === undefined) return;
  while (isWanted()) {
    const goesOn = await confirmEnd(why).catch(() => undefined);
    if (goesOn && isWanted()) reconnect();
    if (goesOn !== undefined) return;
    await pause();
  }
}

/**
 * Tabs of the same session share a stream; they find each other by this digest. Browsers
 * have one in secure contexts only; elsewhere the identity itself, still in memory only.
 */
async function digestOf(text: string): Promise<string> {
  if (!globalThis.isSecureContext) return text;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
