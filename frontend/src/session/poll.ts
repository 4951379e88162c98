import { signal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, messageOf } from './problem.js';
import { pressEnd } from '../ui/press.js';
import { api } from './session.js';

export interface Polled<T> {
  /** The last good answer. */
  readonly value?: T;
  /** Epoch milliseconds of it. */
  readonly at?: number;
  /** Why there is no newer one. */
  readonly error?: { readonly code: string | undefined; readonly message: string };
}

/** A request may take this part of the interval; then the answer counts as missing. */
const PATIENCE = 0.8;

/**
 * Requests the path at intervals while the page is visible. An error, or no answer in
 * time, keeps the last good answer on screen. What the principal may not read is not asked
 * for again.
 * @param path a function where it changes with the time
 */
export function usePolled<T>(
  path: string | (() => string),
  everyMs: number,
): [ReadonlySignal<Polled<T>>, () => void] {
  const [poller] = useState(() => createPoller<T>(path, everyMs * PATIENCE));
  useEffect(() => {
    void poller.ask();
    const timer = setInterval(() => {
      const isRefused = poller.state.peek().error?.code === 'insufficient_scope';
      if (!document.hidden && !isRefused) void poller.ask();
    }, everyMs);
    return () => clearInterval(timer);
  }, [poller, everyMs]);
  return [poller.state, () => void poller.ask()];
}

function createPoller<T>(path: string | (() => string), patienceMs: number) {
  const state = signal<Polled<T>>({});
  let asked = 0;
  const ask = async (): Promise<void> => {
    asked += 1;
    const mine = asked;
    try {
      const signal = AbortSignal.timeout(patienceMs);
      const response = await api(typeof path === 'string' ? path : path(), { signal });
      const value = (await response.json()) as T;
      await pressEnd();
      if (mine === asked) state.value = { value, at: Date.now() };
    } catch (error) {
      await pressEnd();
      if (mine !== asked) return;
      const code = error instanceof ApiError ? error.code : undefined;
      state.value = { ...state.value, error: { code, message: messageOf(error) } };
    }
  };
  return { state, ask };
}
