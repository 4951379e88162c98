/**
 * The part of the Web Locks API that is used. Only secure contexts have it.
 * @see https://www.w3.org/TR/web-locks/
 */
export interface Locks {
  request(name: string, run: () => unknown): Promise<unknown>;
  request(
    name: string,
    options: { signal: AbortSignal } | { steal: true },
    run: () => unknown,
  ): Promise<unknown>;
}

/** Held by a tab while it is there. */
export const tabLock = (tab: string): string => `vx11-events tab ${tab}`;

/**
 * Runs `work` once the lock is ours, and keeps it until the signal ends that.
 * The lock of a tab that dies is free at once.
 * @param steal takes the lock from a tab that does not answer
 * @param onStolen is called when another tab did so to this one
 */
export function holdLock(
  locks: Locks,
  name: string,
  signal: AbortSignal,
  work: () => void,
  steal = false,
  onStolen?: () => void,
): void {
  const held = async (): Promise<void> => {
    if (signal.aborted) return;
    work();
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  };
  // The two do not go together (Web Locks, "request").
  locks.request(name, steal ? { steal } : { signal }, held).catch((error: unknown) => {
    // Aborted while waiting: that is how one leaves the queue.
    if (signal.aborted) return;
    if ((error as Error).name !== 'AbortError' || !onStolen) throw error;
    onStolen();
  });
}
