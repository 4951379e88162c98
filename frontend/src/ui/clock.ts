import { computed, signal } from '@preact/signals';
import { skew } from './server-clock.js';

/** This device's clock, epoch milliseconds, once a second: for the age of what the device dates. */
export const now = signal(Date.now());

/** The server's clock, once a second: for the age of what the server dates. */
export const nowThere = computed(() => now.value + skew.value);

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) now.value = Date.now();
});
