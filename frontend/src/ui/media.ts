import { signal, type ReadonlySignal } from '@preact/signals';

/** A phone, or a window as narrow as one: two-line rows, details over the list. */
export const isNarrow = media('(max-width: 800px)');

/** The system prefers dark. */
export const isDark = media('(prefers-color-scheme: dark)');

function media(condition: string): ReadonlySignal<boolean> {
  const query = matchMedia(condition);
  const state = signal(query.matches);
  query.addEventListener('change', () => (state.value = query.matches));
  return state;
}
