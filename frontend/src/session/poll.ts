import { signal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, messageOf } from './problem.js';
import { pressEnd } from '../ui/press.js';
import { jsonOf } from './request.js';
import { api } from './session.js';

export interface Polled<T> {
  /** The last good answer. */
  readonly value?: T;
  /** The path that it answers. */
  readonly path?: string;
  /** Epoch milliseconds of it. */
  readonly at?: number;
  /** Why there is no newer one. */
  readonly error?: { readonly code: string | undefined; readonly message: string };
}

/** An answer that has not begun after this part of the interval counts as missing. */
const PATIENCE = 0.8;

/**
 * Requests the path at intervals while the page is visible, and when it is shown again. An error,
 * or no answer in time, keeps the last good answer on screen. What the principal may not read is
 * not asked for again.
 * @param path a function where it changes with the time
 */
export function usePolled<T>(
  path: string | (() => string),
  everyMs: number,
): [ReadonlySignal<Polled<T>>, () => void] {
  const [poller] = useState(() => createPoller<T>(path, everyMs * PATIENCE));
  useEffect(() => {
    void poller.ask();
    const again = (): void => {
      const isRefused = poller.state.peek().error?.code === 'insufficient_scope';
      if (!document.hidden && !isRefused && !poller.isReading()) void poller.ask();
    };
    const timer = setInterval(again, everyMs);
    document.addEventListener('visibilitychange', again);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', again);
    };
  }, [poller, everyMs]);
  return [poller.state, () => void poller.ask()];
}

/** A search is sent when the typing pauses for this long, milliseconds. */
const TYPING_MS = 250;

/**
 * A list that is polled and searched: here while the server has sent all of it, else there.
 * @param isPart whether an answer lists less than there is
 * @returns also whether the answer to the present search has yet to come
 */
export function useSearched<T>(
  path: string,
  everyMs: number,
  query: ReadonlySignal<string>,
  isPart: (value: T) => boolean,
): [polled: Polled<T>, refresh: () => void, isSearching: boolean] {
  const wish = (): string => {
    const { value } = state.peek();
    const text = query.value.trim();
    if (text === '' || !value || !isPart(value)) return path;
    return `${path}?${new URLSearchParams({ q: text }).toString()}`;
  };
  const [state, refresh] = usePolled<T>(() => wish(), everyMs);
  const wanted = wish();
  const { path: answered = path } = state.value;
  useEffect(() => {
    if (wanted === answered) return undefined;
    const timer = setTimeout(refresh, TYPING_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  return [state.value, refresh, wanted !== answered];
}

function createPoller<T>(path: string | (() => string), patienceMs: number) {
  const state = signal<Polled<T>>({});
  let last: AbortController | undefined;
  let isReading = false;
  const ask = async (): Promise<void> => {
    last?.abort();
    const mine = (last = new AbortController());
    isReading = false;
    const late = () => mine.abort(new DOMException('', 'TimeoutError'));
    const timer = setTimeout(late, patienceMs);
    const asked = typeof path === 'string' ? path : path();
    try {
      const response = await api(asked, { signal: mine.signal });
      // The server answers; on a slow line the rest of a long answer takes its time.
      clearTimeout(timer);
      isReading = mine === last;
      const value = await jsonOf<T>(response);
      await pressEnd();
      if (mine === last) state.value = { value, path: asked, at: Date.now() };
    } catch (error) {
      await pressEnd();
      if (mine !== last) return;
      const code = error instanceof ApiError ? error.code : undefined;
      state.value = { ...state.value, error: { code, message: messageOf(error) } };
    } finally {
      clearTimeout(timer);
      if (mine === last) isReading = false;
    }
  };
  return { state, ask, isReading: () => isReading };
}
