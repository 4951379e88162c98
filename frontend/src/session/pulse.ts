import { effect, signal } from '@preact/signals';
import { now } from '../ui/clock.js';
import { fetchHealth, session } from './session.js';

/** Milliseconds between two questions; each waits as long for its answer. */
const EVERY_MS = 3_000;
/** From this long without an answer the backend counts as silent, milliseconds. */
const SILENT_MS = 7_000;

/** Epoch milliseconds of the last answer of the backend. */
const answeredAt = signal(Date.now());
/** It has been asked since the page was hidden, or since the session began. */
const isWatching = signal(false);

/**
 * How long the backend has not answered, milliseconds; undefined while it does. A
 * stopped process keeps its connections open: the stream notices after two and a half
 * heartbeats, a question notices within seconds.
 */
export function silence(): number | undefined {
  const ms = now.value - answeredAt.value;
  return isWatching.value && ms >= SILENT_MS ? ms : undefined;
}

effect(() => {
  if (session.value.status === 'out') return;
  answeredAt.value = Date.now();
  isWatching.value = true;
  const timer = setInterval(() => void ask(), EVERY_MS);
  return () => {
    clearInterval(timer);
    isWatching.value = false;
  };
});

// A hidden page does not ask, and so knows nothing when it is shown again.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  answeredAt.value = Date.now();
  void ask();
});

async function ask(): Promise<void> {
  if (document.hidden) return;
  // Any answer of the backend shows that it runs; the gateway's own says that it does not.
  if (await fetchHealth(EVERY_MS)) answeredAt.value = Date.now();
}
