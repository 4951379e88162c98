import { signal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, messageOf } from './problem.js';
import { api } from './session.js';

export interface Polled<T> {
  /** The last good answer. */
  readonly value?: T;
  /** Epoch milliseconds of it. */
  readonly at?: number;
  /** Why there is no newer one. */
  readonly error?: { readonly status: number; readonly message: string };
}

/** Asks again and again while the page is in sight; an error keeps the last good answer on screen. */
export function usePolled<T>(
  path: string,
  everyMs: number,
): [ReadonlySignal<Polled<T>>, () => void] {
  const [poller] = useState(() => createPoller<T>(path));
  useEffect(() => {
    void poller.ask();
    const timer = setInterval(() => document.hidden || void poller.ask(), everyMs);
    return () => clearInterval(timer);
  }, [poller, everyMs]);
  return [poller.state, () => void poller.ask()];
}

function createPoller<T>(path: string) {
  const state = signal<Polled<T>>({});
  let asked = 0;
  const ask = async (): Promise<void> => {
    asked += 1;
    const mine = asked;
    try {
      const value = (await (await api(path)).json()) as T;
      if (mine === asked) state.value = { value, at: Date.now() };
    } catch (error) {
      if (mine !== asked) return;
      const status = error instanceof ApiError ? error.status : 0;
      state.value = { ...state.value, error: { status, message: messageOf(error) } };
    }
  };
  return { state, ask };
}
