/**
 * Tells when the page or worker, its machine or its network may be back. Node
 * has none of these events.
 */
export function onLifecycle(
  target: EventTarget | undefined,
  signal: AbortSignal,
  run: (event: Event) => void,
): void {
  const scope = globalThis as Partial<EventTarget> & { document?: EventTarget };
  for (const one of target ? [target] : [scope, scope.document]) {
    for (const name of ['online', 'pageshow', 'pagehide', 'visibilitychange']) {
      one?.addEventListener?.(name, run, { signal });
    }
  }
}
