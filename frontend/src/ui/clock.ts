import { signal } from '@preact/signals';

/** Epoch milliseconds, updated once a second; everything that shows an age reads it. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) now.value = Date.now();
});
